"""What pyproject.toml cannot say: a part of the package that is compiled where that can be done."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildWhatIsInstalled(build_ext):
    """Compile for an installed package; an editable one stays as it is edited."""

    def finalize_options(self) -> None:
        """Leave the extension out of an editable install, where it would hide what is edited."""
        super().finalize_options()
        if self.editable_mode:
            self.extensions = []


FOLD = "betflow.exchange._folding"

# Optional: without a compiler, betflow is installed without it, and does the same in Python.
setup(
    ext_modules=[Extension(FOLD, [f"src/{FOLD.replace('.', '/')}.c"], optional=True)],
    exclude_package_data={"betflow.exchange": ["*.c"]},
    cmdclass={"build_ext": BuildWhatIsInstalled},
)
