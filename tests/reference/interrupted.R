# Reference numbers for an interrupted series: Rscript interrupted.R, in this folder, writes interrupted.json.
# Built here: 120 days before, 21 during, 17 after, with memory and a weekly rhythm. lm fits level, trend, weekdays and
# both changes; sandwich gives Newey and West's errors, also as vcovHAC with Bartlett weights; lmtest tests for memory.
suppressPackageStartupMessages({library(sandwich); library(lmtest); library(jsonlite)})

before <- 120; during <- 21; after <- 17
n <- before + during + after
t <- seq_len(n)
noise <- ((t * 37) %% 23 - 11) / 4 + 2 * sin(t / 3)
y <- round(12 + 0.03 * t + 3 * (t %% 7 == 2) - 2 * (t %% 7 == 5) + noise + 4 * (t > before & t <= before + during))
weekday <- factor((t - 1 + 3) %% 7)
C <- as.numeric(t > before & t <= before + during)
A <- as.numeric(t > before + during)
fit <- lm(y ~ t + weekday + C + A)
raw <- lm(y ~ t + C + A)
lag <- 14
nw <- NeweyWest(fit, lag = lag, prewhite = FALSE, adjust = TRUE)
hac <- vcovHAC(fit, weights = 1 - (0:lag) / (lag + 1), prewhite = FALSE, adjust = TRUE)
stopifnot(isTRUE(all.equal(nw, hac, check.attributes = FALSE)))

# The reduced error from whole matrices, without any of the shortcuts of the library.
X <- model.matrix(fit)
M <- diag(n) - X %*% solve(crossprod(X), t(X))
w <- (solve(crossprod(X), t(X)))["C", ]
K <- pmax(0, 1 - abs(outer(t, t, "-")) / (lag + 1))
Q <- M %*% (K * outer(w, w)) %*% M
mean_q <- sum(diag(Q))
V <- diag(fitted(fit))
mean_v <- sum(diag(Q %*% V))
factor_v <- sum(w^2 * fitted(fit)) / mean_v

out <- list(
  source = list(
    program = R.version.string,
    packages = list(sandwich = as.character(packageVersion("sandwich")), lmtest = as.character(packageVersion("lmtest"))),
    call = "lm(y ~ t + weekday + C + A); NeweyWest(fit, lag = 14, prewhite = FALSE, adjust = TRUE); vcovHAC; bgtest(order = 7, type = 'F')"
  ),
  before = before, during = during, after = after, first_weekday = 3, lag = lag,
  y = y,
  during_change = unname(coef(fit)["C"]), after_change = unname(coef(fit)["A"]),
  raw_change = unname(coef(raw)["C"]), raw_se = unname(sqrt(diag(vcov(raw)))["C"]),
  ols_se = unname(sqrt(diag(vcov(fit)))[c("C", "A")]),
  nw_se = unname(sqrt(diag(nw))[c("C", "A")]),
  nw_net_se = unname(sqrt(t(c(during, after)) %*% nw[c("C", "A"), c("C", "A")] %*% c(during, after)))[1, 1],
  factor = sum(w^2) / mean_q,
  df = mean_q^2 / sum(Q * t(Q)),
  factor_counts = factor_v,
  df_counts = mean_v^2 / sum(diag(Q %*% V %*% Q %*% V)),
  reduced_se = sqrt(drop(t(y) %*% Q %*% y) * factor_v),
  bg_p = unname(bgtest(fit, order = 7, type = "F")$p.value)
)
cat(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = TRUE), "\n", file = "interrupted.json")
