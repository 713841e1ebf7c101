import numpy as np
import pytest

from recon.errors import UserError
from recon.photos.points import COLUMNS, PointsOf, read_points
from recon.photos.reading import Unusable


def table(path, *names):
    """A CSV whose rows are told apart by their first number: 0, 1, ..."""
    rows = [",".join([name, *([str(number)] * 10)]) for number, name in enumerate(names)]
    path.write_text("\n".join([",".join(["file", *COLUMNS]), *rows]))
    return path


def photos(folder, *names):
    return [folder / name for name in names]


def test_the_path_decides_and_a_bare_name_only_where_it_is_unique(tmp_path):
    folder = tmp_path / "photos"
    paths = photos(folder, "front.jpg", "p1/front.jpg", "p2/front.jpg", "p3/side.jpg", "p4/back.jpg")
    csv = table(tmp_path / "faces.csv", "p1/front.jpg", "side.jpg", "front.jpg", "photos/p4/back.jpg", "x/back.jpg")
    points = PointsOf(csv, folder, paths)
    assert [points(paths[i])[0, 0] for i in (0, 1, 3, 4)] == [2, 0, 1, 3]
    with pytest.raises(Unusable, match=r"doesn't say which of 3 photos named front\.jpg"):
        points(paths[2])
    with pytest.raises(Unusable, match="not named in"):
        points(folder / "other.jpg")


def test_another_folders_row_is_nobodys(tmp_path):
    points = PointsOf(table(tmp_path / "faces.csv", "p1/front.jpg"), tmp_path, photos(tmp_path, "p2/front.jpg"))
    with pytest.raises(Unusable, match="not named in"):
        points(tmp_path / "p2/front.jpg")


def test_a_file_named_twice_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"names a\.jpg twice"):
        read_points(table(tmp_path / "faces.csv", "a.jpg", "a.jpg"))
    assert np.array_equal(read_points(table(tmp_path / "faces.csv", "a.jpg"))["a.jpg"], np.zeros((5, 2)))


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_what_is_no_number_is_refused(tmp_path, number):
    path = table(tmp_path / "faces.csv", "a.jpg")
    path.write_text(path.read_text().replace("a.jpg,0", f"a.jpg,{number}"))
    with pytest.raises(UserError, match=r"says of a\.jpg what is no number"):
        read_points(path)
