"""The fixtures themselves: a test that hangs, leaks or hides a fault would prove nothing.

SPDX-License-Identifier: Apache-2.0
"""

import os
import signal

import pytest

import programs as p


def test_redis_is_private_and_comes_back_empty_after_a_kill(redis):
    redis.client.set("a", 1)
    assert redis.client.get("a") == "1"
    redis.kill()
    assert not redis.answers()
    redis.start()
    assert redis.client.get("a") is None


def test_a_program_that_leaves_a_daemon_behind_is_found_out(folder):
    started = p.Programs(folder)
    started.start(["sh", "-c", "setsid sh -c 'sleep 600 & sleep 600' & exit 0"]).wait()
    p.wait_until(lambda: len(started.left()) >= 3, "the daemon")
    complaints = started.close()
    assert any("left processes behind" in c and "sleep 600" in c for c in complaints)
    assert not started.left()


def test_a_program_that_ignores_sigterm_is_found_out(folder, monkeypatch):
    monkeypatch.setattr(p, "DEADLINE", 0.5)
    monkeypatch.setattr(p.Process, "stop", lambda self: (self.signal(signal.SIGTERM), self.wait(0.5)))
    started = p.Programs(folder)
    started.start(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"]).wait_for("ready", 10)
    assert any("did not end" in c for c in started.close())
    assert not started.left()


def test_a_sanitizer_report_is_found_out(folder):
    started = p.Programs(folder)
    started.start(["echo", "x.c:3:4: runtime error: signed integer overflow"]).wait()
    assert any("runtime error" in c for c in started.close())


def test_waiting_for_a_line_ends_when_the_program_does(programs):
    process = programs.start(["sh", "-c", "echo no luck; exit 3"])
    with pytest.raises(AssertionError, match=r"(?s)ended with 3.*no luck"):
        process.wait_for("ready")


def test_a_wait_has_a_deadline_and_says_for_what():
    with pytest.raises(AssertionError, match="waited 0.1 s for rain"):
        p.wait_until(lambda: False, "rain", 0.1)


def test_the_browser_draws_chinese_with_a_font_that_has_it(browser):
    page = "data:text/html;charset=utf-8,<meta charset=utf-8><span id=a>主机</span><br><span id=b>󰀀󰀁</span>"
    browser.get(page)
    assert browser.find_element("id", "a").text == "主机"
    draw = """
        const c = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
        c.font = '40px sans-serif';
        c.fillText(arguments[0], 0, 50);
        return Array.from(c.getImageData(0, 0, 100, 80).data).join();
    """
    # Without a font every character would be the same box.
    assert browser.execute_script(draw, "主") != browser.execute_script(draw, "机")


def test_nothing_of_earlier_tests_is_left():
    p.reap_orphans(set())
    assert [p.name_of(pid) for pid in p.descendants() if pid != os.getpid()] == []
