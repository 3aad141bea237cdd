"""What `map --format html` does in a browser: `python3 tests/map/page.py COMMAND [FOLDER FOR PICTURES]`.

Needs Chromium; says so and ends with 0 where there is none.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from browser import Browser, chromium

SHOP = Path(__file__).parents[2] / "fixtures/map/shop"

HOSTILE = r'''
from datetime import timedelta
from temporalio import activity, workflow


@activity.defn(name="</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">")
async def charge() -> None: ...


@workflow.defn(name="</title><svg onload=document.title='taken'> ' \" & \x1b[31m ​")
class Order:
    @workflow.run
    async def run(self) -> None:  # </script><script>document.title='taken'</script>
        await workflow.execute_activity(charge, start_to_close_timeout=timedelta(seconds=1))
'''

WORKFLOW = '[...document.querySelectorAll(".node")].find((node) => node.querySelector(".name").textContent === "OrderWorkflow")'
CHOSEN = 'document.querySelector(".node.chosen .name")?.textContent ?? null'


def page_of(command: str, project: Path, page: Path) -> Path:
    subprocess.run([command, "map", "--isolated", "--quiet", "--output", str(page.resolve())], cwd=project, check=True)
    return page


def middle(browser: Browser, element: str) -> tuple[float, float]:
    box = browser.run(f"(() => {{ const box = {element}.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()")
    return box[0], box[1]


def is_alone(browser: Browser) -> None:
    """The page asks for nothing but itself, and breaks no rule of its own policy."""
    assert len(browser.requests()) == 1, browser.requests()
    assert browser.complaints() == [], browser.complaints()
    browser.events.clear()
    # Even a script that came in would reach nothing.
    browser.run("fetch('http://127.0.0.1:9/x').then(() => 'sent', () => 'refused')")
    assert any("Content Security Policy" in text for text in browser.complaints()), browser.complaints()


def a_click_shows_what_is_near(browser: Browser) -> None:
    browser.click(*middle(browser, WORKFLOW))
    assert browser.run(CHOSEN) == "OrderWorkflow"
    near = browser.run('[...document.querySelectorAll(".node.near .name")].map((name) => name.textContent)')
    assert {"reserve", "charge-card", "ShippingWorkflow", "place_order"} <= set(near), near
    assert "audit" not in near, near
    told = browser.run('document.getElementById("details").innerText')
    for wanted in ("TPY101", "shop/workflows.py:14", "class OrderWorkflow:", "signal approve", "Leads to", "starts child ShippingWorkflow"):
        assert wanted in told, (wanted, told)
    # A click where nothing is chooses nothing.
    browser.click(285, 790)
    assert browser.run(CHOSEN) is None and browser.run('document.getElementById("details").hidden')


def the_mouse_moves_and_zooms(browser: Browser) -> None:
    at = 'document.querySelector("svg").getAttribute("viewBox").split(" ").map(Number)'
    before = browser.run(at)
    browser.mouse("mousePressed", 900, 700, button="left", clickCount=1)
    browser.mouse("mouseMoved", 850, 660, button="left", buttons=1)
    browser.mouse("mouseMoved", 800, 620, button="left", buttons=1)
    browser.mouse("mouseReleased", 800, 620, button="left", clickCount=1)
    after = browser.run(at)
    assert after[0] > before[0] and after[1] > before[1] and after[2] == before[2], (before, after)
    assert browser.run(CHOSEN) is None, "moving is no click"
    browser.mouse("mouseWheel", 700, 400, deltaX=0, deltaY=-300)
    assert browser.run(at)[2] < after[2]
    browser.run('document.getElementById("fit").click()')
    assert browser.run(at) == before


def search_and_filters_find(browser: Browser) -> None:
    names = '[...document.querySelectorAll("#list button span:nth-child(2)")].map((name) => name.textContent)'
    browser.run("document.body.focus()")
    browser.key("/", "/")
    assert browser.run("document.activeElement.id") == "search"
    browser.type("charge")
    assert browser.run(names) == ["charge-card"], browser.run(names)
    assert browser.run('document.getElementById("count").textContent') == "1 node found"
    browser.key("Enter")
    assert browser.run(CHOSEN) == "charge-card"
    browser.run('document.getElementById("search").focus()')
    browser.key("Escape")
    assert browser.run('document.getElementById("search").value') == "" and len(browser.run(names)) == 27
    browser.run('document.activeElement.blur()')
    browser.key("Escape")
    assert browser.run(CHOSEN) is None
    browser.run('document.querySelector("#kinds input[value=activity]").click()')
    assert "charge-card" not in browser.run(names)
    assert browser.run('getComputedStyle(document.querySelector(".node.activity")).display') == "none"
    browser.run('document.querySelector("#kinds input[value=activity]").click()')
    browser.run('document.querySelector("#states input[value=unresolved]").click()')
    assert browser.run(names) == ["NightlyWorkflow", "name", "print_label"], browser.run(names)
    browser.run('document.querySelector("#states input[value=unresolved]").click()')


def keys_do_what_the_mouse_does(browser: Browser) -> None:
    browser.run(f"{WORKFLOW}.focus()")
    browser.key("Enter")
    assert browser.run(CHOSEN) == "OrderWorkflow"
    browser.key("ArrowRight")
    focused = 'document.activeElement.querySelector(".name")?.textContent'
    assert browser.run(focused) not in (None, "OrderWorkflow")
    browser.key("Escape")
    assert browser.run(CHOSEN) is None
    width = 'Number(document.querySelector("svg").getAttribute("viewBox").split(" ")[2])'
    browser.key("0", "0")
    before = browser.run(width)
    browser.key("+", "+")
    assert browser.run(width) < before
    browser.key("0", "0")
    assert browser.run(width) == before
    stops = 'document.querySelectorAll(".node[tabindex=\\"0\\"]").length'
    assert browser.run(stops) == 1, "the boxes are one stop of the tab key"


def a_screen_reader_is_told(browser: Browser) -> None:
    tree = browser.send("Accessibility.getFullAXTree")["nodes"]
    named = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node.get("ignored")]
    buttons = [name for role, name in named if role == "button"]
    box = next(name for name in buttons if name.startswith("workflow OrderWorkflow"))
    for wanted in ("query is_approved", "1 error", "Leads to 5, comes from 6", "shop/workflows.py line 14"):
        assert wanted in box, (wanted, box)
    assert all(name for role, name in named if role in ("button", "checkbox", "searchbox", "textbox")), named
    for role in ("banner", "navigation", "main"):
        assert any(known == role for known, _ in named), role


def colours_can_be_read(browser: Browser, scheme: str) -> None:
    """Text has a contrast of at least 4.5 to what it stands on."""
    script = """(() => {
      const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
      const light = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => { part /= 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; })
          .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0); };
      const contrast = (one, other) => { const [low, high] = [light(one), light(other)].sort((a, b) => a - b); return (high + 0.05) / (low + 0.05); };
      return [...document.querySelectorAll('.node text')].map((text) => [text.textContent, contrast(getComputedStyle(text).fill, getComputedStyle(text.parentNode.querySelector('rect')).fill)])
        .concat([...document.querySelectorAll('header *, nav *')].filter((element) => element.childElementCount === 0 && element.textContent.trim())
          .map((element) => [element.textContent, contrast(getComputedStyle(element).color, getComputedStyle(document.body).backgroundColor)]));
    })()"""
    faint = [(text, round(contrast, 2)) for text, contrast in browser.run(script) if contrast < 4.5]
    assert not faint, (scheme, faint)
    ground = browser.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, ground[4:-1].split(","))) > 382) == (scheme == "light"), ground


def large(folder: Path, programs: int = 10) -> Path:
    """A project with so many programs, each with a worker, seven workflows and twenty activities."""
    folder.mkdir()
    for program in range(programs):
        lines = ["from datetime import timedelta", "from temporalio import activity, workflow"]
        lines += ["from temporalio.client import Client", "from temporalio.worker import Worker", ""]
        for step in range(20):
            lines += ["@activity.defn", f"async def step_{program}_{step}() -> None: ...", ""]
        for flow in range(7):
            lines += ["@workflow.defn", f"class Flow_{program}_{flow}:", "    @workflow.run", "    async def run(self) -> None:"]
            for step in range(12) if flow == 0 else range(flow * 2, flow * 2 + 4):
                lines.append(f"        await workflow.execute_activity(step_{program}_{step}, start_to_close_timeout=timedelta(seconds=1))")
        flows = ", ".join(f"Flow_{program}_{flow}" for flow in range(7))
        steps = ", ".join(f"step_{program}_{step}" for step in range(20))
        lines += ["", "async def main(client: Client) -> None:"]
        lines.append(f'    await Worker(client, task_queue="q{program}", workflows=[{flows}], activities=[{steps}]).run()')
        (folder / f"program_{program}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def many_boxes_can_be_read(browser: Browser) -> None:
    """At 290 boxes the names can be read at once, and whatever is searched for comes into sight."""
    assert browser.run('document.querySelectorAll(".node").length') == 290
    height = 'document.querySelector(".node .name").getBoundingClientRect().height'
    assert browser.run(height) >= 8, browser.run(height)
    browser.run('document.getElementById("search").focus()')
    browser.type("flow_7_3")
    browser.key("Enter")
    assert browser.run(CHOSEN) == "Flow_7_3"
    box = browser.run('(() => { const box = document.querySelector(".node.chosen").getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; })()')
    dim = 'document.querySelectorAll(".node.near").length + [...document.querySelectorAll(".node.near")].filter((node) => getComputedStyle(node).opacity < 1).length * 100'
    assert browser.run(dim) == 6, "its four activities, its worker and itself, all to be seen"
    assert box[0] >= 270 and box[1] >= 40 and box[2] <= 1280 - 360 and box[3] <= 800, box


def main() -> int:
    command = chromium()
    if command is None:
        print("NOT CHECKED: there is no Chromium to look at the page with")
        return 0
    tool = str(Path(sys.argv[1]).resolve())
    pictures = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    with tempfile.TemporaryDirectory() as folder, Browser(command) as browser:
        page = page_of(tool, SHOP, Path(folder) / "shop.html")
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            browser.open(page)
            colours_can_be_read(browser, scheme)
            if pictures:
                browser.picture(pictures / f"shop-{scheme}.png")
                browser.click(*middle(browser, WORKFLOW))
                browser.picture(pictures / f"shop-{scheme}-chosen.png")
        browser.open(page)
        is_alone(browser)
        for test in (a_click_shows_what_is_near, the_mouse_moves_and_zooms, search_and_filters_find, keys_do_what_the_mouse_does, a_screen_reader_is_told):
            browser.open(page)
            test(browser)
            print(f"{test.__name__.replace('_', ' ')}: ok")
            assert browser.complaints() == [], browser.complaints()
        browser.open(page_of(tool, large(Path(folder) / "large"), Path(folder) / "large.html"))
        if pictures:
            browser.picture(pictures / "large.png")
        many_boxes_can_be_read(browser)
        if pictures:
            browser.picture(pictures / "large-chosen.png")
        print("many boxes can be read: ok")
        project = Path(folder) / "hostile"
        project.mkdir()
        (project / "hostile.py").write_text(HOSTILE, encoding="utf-8")
        browser.open(page_of(tool, project, Path(folder) / "hostile.html"))
        browser.run('document.querySelectorAll("#list button").forEach((button) => button.click())')
        assert browser.run("document.title") == "Temporal map"
        assert browser.run('document.querySelectorAll("img, svg svg, script").length') == 2, "the data and the script"
        assert browser.complaints() == [], browser.complaints()
        print("names of the code stay text: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
