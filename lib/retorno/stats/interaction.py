"""How an effect changes with a number: ordinary least squares with a product term, HC2 errors.

Source: MacKinnon and White (1985), J. of Econometrics 29, 305-325, for HC2.
"""

import numpy as np

from retorno.stats.student import Estimate


def interaction_slope(outcome, treated, modifier, *, level: float) -> Estimate:
    """Return the coefficient of treated x modifier in OLS of outcome on both and their product.

    Parameters
    ----------
    outcome, modifier : array_like of float, shape (n,)
    treated : array_like of bool, shape (n,)
    level : float
        Coverage of the interval (t with n - 4), 0.95 is 95 %.

    Raises
    ------
    ValueError
        When a group has fewer than two values of `modifier`, or one observation alone decides the
        slope (leverage 1), so that no robust error exists.
    """
    import statsmodels.api as sm

    outcome, modifier = np.asarray(outcome, dtype=float), np.asarray(modifier, dtype=float)
    treated = np.asarray(treated, dtype=float)
    for group, name in ((1.0, "treated"), (0.0, "holdout")):
        if np.unique(modifier[treated == group]).size < 2:
            raise ValueError(f"the {name} group has fewer than two values of the modifier.")
    design = np.column_stack([np.ones_like(outcome), treated, modifier, treated * modifier])
    fit = sm.OLS(outcome, design).fit()
    if fit.get_influence().hat_matrix_diag.max() > 1 - 1e-9:
        raise ValueError("one observation alone decides the slope (leverage 1).")
    robust = fit.get_robustcov_results("HC2", use_t=True)
    low, high = robust.conf_int(alpha=1 - level)[3]
    return Estimate(float(robust.params[3]), float(robust.bse[3]), float(low), float(high))
