"""What tests of several studies share: the judge of coverage, and findings by their id."""

import numpy as np
import papermill

from retorno.findings import MIME
from retorno.tables.checks import ERRORS


def judge(name, truth, estimates, *, bounds=(0.93, 0.97)):
    """Assert coverage and bias as the definitions ask; print them, so that a note can quote them.

    Of 2,000 runs a few may be refused; with far fewer the share covered is itself less sure, and three
    standard errors of it are added.
    """
    values, runs = np.array([e.value for e in estimates]), len(estimates)
    covered = np.mean([e.ci_low <= truth <= e.ci_high for e in estimates])
    bias, spread = values.mean() - truth, values.std(ddof=1)
    print(
        f"{name}: {runs} runs, coverage {covered:.3f}, bias {bias:+.4g}, standard error {spread:.4g}"
    )
    slack = 0 if runs >= 1_950 else 3 * np.sqrt(0.95 * 0.05 / runs)
    assert bounds[0] - slack <= covered <= bounds[1] + slack
    assert abs(bias) <= 4 * spread / np.sqrt(runs) + 0.1 * spread


def papermill_alone(notebook, folder, **parameters):
    """Return the records of the findings a notebook states when papermill runs it, without our command line."""
    done = papermill.execute_notebook(
        notebook,
        folder / "executed.ipynb",
        parameters=parameters,
        progress_bar=False,
        kernel_name="python3",
    )
    outputs = [output for cell in done.cells for output in cell.get("outputs", [])]
    return [finding for output in outputs for finding in output.get("data", {}).get(MIME, [])]


def by_id(record):
    """Return the findings of a run's record by their id."""
    return {finding["id"]: finding for finding in record["findings"]}


def is_name(text: str) -> bool:
    """Return whether a drawn text can be an id: not blank, and no error of a spreadsheet."""
    return text.strip() != "" and text not in ERRORS
