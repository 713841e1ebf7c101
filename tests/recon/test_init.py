import subprocess
import sys

import pytest

import recon


def test_what_is_public_is_there_and_nothing_else():
    assert recon.ReconstructionConfig(detail=recon.DetailConfig(eta=0.1)).registration == recon.RegistrationConfig()
    assert callable(recon.reconstruct)
    with pytest.raises(AttributeError, match="no attribute 'reconstrct'"):
        _ = recon.reconstrct


def test_the_package_itself_imports_nothing_heavy():
    program = "import sys, recon; sys.exit(bool({'torch', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
