#!/usr/bin/env python3
"""Writes fits.json next to this file: fit with early stopping, warm start, several outputs, several labels a row.

Needs Python 3 with scikit-learn 1.2.1 and numpy 1.24. In the format of README.md; for method "fit", `passes` is how often
fit is called.
"""
import json
import os

import numpy as np
import sklearn

from make_reference import ALL, CASES, answers, clean_params, pick, put, table


def add(name, estimator, X, y, calls=1, rtol=1e-8, atol=1e-10, **params):
    n = len(X) - 20
    model = ALL[estimator](**params)
    after = []
    for _ in range(calls):
        model.fit(X[:n], y[:n])
        after.append(pick(model, estimator))
    case = dict(name=name, estimator=estimator, method="fit", params=clean_params(params), rtol=rtol, atol=atol, note="",
                quirk=False, needs_rng=True, x_dtype=str(X.dtype), passes=calls, X=put(X[:n]), y=put(y[:n]),
                after_index=list(range(calls)), after=after, test_X=put(X[n:]), test_y=put(y[n:]))
    case["expected"] = answers(model, X[n:], y[n:])
    CASES.setdefault("fits", []).append(case)


def main():
    small = dict(hidden_layer_sizes=(5,), batch_size=20, learning_rate_init=0.02, random_state=7)
    X, y, _ = table(21, 160)
    X3, y3, _ = table(22, 160, k=3)
    Xr, yr, r = table(23, 160, target="real")
    Yr = np.c_[yr, np.sin(Xr[:, 0]), Xr[:, 1] * 0.3 + 0.1 * r.randn(len(Xr))]
    L = np.c_[X[:, 0] > 0.3, X[:, 1] + X[:, 2] > 0.4, X[:, 3] > 0.0].astype(np.int64)

    add("mlp_binary_early_stopping", "MLPClassifier", X, y, early_stopping=True, max_iter=60, n_iter_no_change=3,
        validation_fraction=0.2, **small)
    add("mlp_3class_early_stopping", "MLPClassifier", X3, y3, early_stopping=True, max_iter=60, n_iter_no_change=3,
        validation_fraction=0.25, shuffle=False, **small)
    add("mlp_shuffled_tol", "MLPClassifier", X3, y3, max_iter=80, tol=5e-2, n_iter_no_change=2, **small)
    add("mlp_sgd_adaptive", "MLPClassifier", X, y, solver="sgd", learning_rate="adaptive", max_iter=60, tol=1e-2,
        n_iter_no_change=1, **small)
    add("mlp_multilabel", "MLPClassifier", X, L, max_iter=15, **small)
    add("mlp_multilabel_early_stopping", "MLPClassifier", X, L, max_iter=40, early_stopping=True, n_iter_no_change=2, **small)
    add("mlp_warm_start", "MLPClassifier", X3, y3, calls=3, max_iter=4, warm_start=True, **small)
    add("mlp_warm_start_sgd", "MLPClassifier", X, y, calls=2, max_iter=5, warm_start=True, solver="sgd",
        learning_rate="invscaling", **small)
    add("mlp_no_hidden_layer", "MLPClassifier", X3, y3, max_iter=5, **{**small, "hidden_layer_sizes": ()})
    add("mlp_regressor_early_stopping", "MLPRegressor", Xr, yr, early_stopping=True, max_iter=60, n_iter_no_change=2, **small)
    add("mlp_regressor_three_outputs", "MLPRegressor", Xr, Yr, max_iter=20, activation="logistic", **small)
    add("mlp_regressor_three_outputs_early_stopping", "MLPRegressor", Xr, Yr, max_iter=40, early_stopping=True,
        n_iter_no_change=2, **small)
    add("mlp_regressor_float32", "MLPRegressor", Xr.astype(np.float32), yr, max_iter=5, rtol=1e-4, atol=1e-5, **small)

    exact = dict(rtol=1e-9, atol=1e-11)
    add("sgd_regressor_early_stopping", "SGDRegressor", Xr, yr, early_stopping=True, penalty=None, random_state=3,
        n_iter_no_change=2, eta0=0.003, **exact)
    add("sgd_regressor_warm_start", "SGDRegressor", Xr, yr, calls=3, warm_start=True, max_iter=3, random_state=3, **exact)
    add("sgd_regressor_average_fit", "SGDRegressor", Xr, yr, average=200, max_iter=4, random_state=3, **exact)
    add("perceptron_early_stopping", "Perceptron", X3, y3, early_stopping=True, n_iter_no_change=2, **exact)
    add("pa_regressor_shuffled_fit", "PassiveAggressiveRegressor", Xr, yr, C=0.05, max_iter=20, random_state=5, **exact)
    add("pa_regressor_early_stopping", "PassiveAggressiveRegressor", Xr, yr, C=0.01, early_stopping=True, random_state=5,
        **exact)
    add("pa_classifier_early_stopping", "PassiveAggressiveClassifier", X3, y3, C=0.01, early_stopping=True, random_state=5,
        **exact)

    document = {"scikit_learn": sklearn.__version__, "numpy": np.__version__, "format": 1, "cases": CASES["fits"]}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "fits.json"), "w", encoding="utf-8") as file:
        json.dump(document, file, separators=(",", ":"), allow_nan=False)
        file.write("\n")


if __name__ == "__main__":
    main()
