import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from recon.synthesis.codecs import image_to_column
from recon.synthesis.schema import row_from_record
from synth2real.dataset.gallery import write_gallery
from synth2real.dataset.sheets import NOTHING, SHEET_COLUMNS, contact_sheet, views
from tests.recon.synthesis.fake_records import fake_record


def rows(count, translated=True):
    made = [row_from_record(fake_record(i)) for i in range(count)]
    if translated:
        image = image_to_column(np.full((16, 16, 3), 200, np.uint8))
        made = [row | {"image": image, "drift_mm": 1.0 + i, "drift_px": 0.5} for i, row in enumerate(made)]
    return made


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]


def test_every_link_of_the_page_is_a_file_beside_it(tmp_path):
    write_gallery(tmp_path, rows(3), "Faces <1>", "drift & more")
    page = (tmp_path / "index.html").read_text()
    links = Links()
    links.feed(page)
    assert links.found == [f"gallery/{i:06d}.jpg" for i in range(3)]
    assert all((tmp_path / link).is_file() for link in links.found)
    assert not re.search(r"https?:|//[\w.]+\.\w|@import|url\(", page)
    assert "Faces &lt;1&gt;" in page and "drift &amp; more" in page and "$" not in page


def test_a_button_for_each_view_and_a_strip_with_all(tmp_path):
    write_gallery(tmp_path, rows(1), "", "")
    page = (tmp_path / "index.html").read_text()
    assert re.findall(r'data-view="\d".*?>(\w+)<', page) == [
        "image",
        "render",
        "correspondence",
        "depth",
        "normals",
        "mask",
    ]
    with Image.open(tmp_path / "gallery" / "000000.jpg") as strip:
        assert strip.size == (6 * 16, 16)
    assert 'id="sort"' in page


def test_renders_alone_have_no_drift(tmp_path):
    write_gallery(tmp_path, rows(1, translated=False), "", "")
    page = (tmp_path / "index.html").read_text()
    assert 'data-drift="' not in page and 'id="sort"' not in page and ">image<" not in page


def test_views_show_nothing_where_there_is_nothing():
    record = fake_record(0)
    pictures = views(row_from_record(record))
    for name, there in (("depth", ~np.isnan(record.depth_mm)), ("mask", record.mask)):
        np.testing.assert_array_equal(pictures[name][~there], np.broadcast_to(NOTHING, pictures[name][~there].shape))
    assert all(picture.shape == (16, 16, 3) and picture.dtype == np.uint8 for picture in pictures.values())
    np.testing.assert_array_equal(pictures["render"], record.rgb)


def test_nearer_is_brighter():
    record = fake_record(0)
    brightness = views(row_from_record(record))["depth"].astype(int).sum(-1)
    near, far = record.depth_mm > 40, record.depth_mm < -160
    assert near.any() and far.any() and brightness[near].min() > brightness[far].max()


def test_the_sheet_holds_the_rows_in_order(tmp_path):
    made = rows(SHEET_COLUMNS + 1)
    contact_sheet(made, ("image", "render"), tmp_path / "sheet.jpg")
    with Image.open(tmp_path / "sheet.jpg") as image:
        sheet = np.asarray(image).astype(int)
    assert sheet.shape == (2 * 16, SHEET_COLUMNS * 2 * 16, 3)
    assert abs(sheet[16:, :16] - 200).mean() < 5  # the ninth row's image begins the second line
    assert sheet[16:, 3 * 16 :].mean() < 5  # and nothing comes after its render
