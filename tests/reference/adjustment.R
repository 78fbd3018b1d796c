# Numbers of R for tests/test_adjustment.py and tests/test_attrition.py; writes adjustment.json beside it.
# Run in this folder: Rscript adjustment.R
# Data: birthwt of MASS, 189 births, written into the file with the numbers.
library(sandwich)
library(MASS)

data <- birthwt[, c("bwt", "smoke", "age", "lwt", "ht", "ftv")]
ols <- lm(bwt ~ smoke + age + lwt + ht, data = data)
slopes <- lm(bwt ~ smoke * (age + lwt + ht), data = data)
products <- grep(":", names(coef(slopes)))
wald <- function(fit, rows, type) {
  b <- coef(fit)[rows]
  f <- drop(t(b) %*% solve(vcovHC(fit, type)[rows, rows], b)) / length(rows)
  pf(f, length(rows), fit$df.residual, lower.tail = FALSE)
}

# Root of stacked moments, its error by a numeric derivative of them: no formula of ours is in it.
stacked <- function(moments, start) {
  bread <- numDeriv::jacobian(function(p) colSums(moments(p)), start)
  meat <- crossprod(moments(start))
  stopifnot(max(abs(colSums(moments(start)))) < 1e-5 * max(abs(moments(start))))
  solve(bread) %*% meat %*% t(solve(bread))
}

# Effect on the treated: controls weighted by their odds, regressed, projected on the treated.
x <- model.matrix(~ age + lwt + ht, data)
y <- data$bwt
s <- data$smoke
logit <- glm(smoke ~ age + lwt + ht, binomial, data, control = list(epsilon = 1e-14))
odds <- exp(drop(x %*% coef(logit)))
beta <- coef(lm(y ~ x - 1, weights = odds, subset = s == 0))
att <- mean((y - drop(x %*% beta))[s == 1])
treated <- stacked(function(p) {
  b <- p[2:5]
  eta <- drop(x %*% p[6:9])
  r <- y - drop(x %*% b)
  cbind(s * (r - p[1]), (1 - s) * exp(eta) * r * x, (s - plogis(eta)) * x)
}, c(att, beta, coef(logit)))

# Mean birth weight of the smokers, had all seen a physician (ftv > 0): those who did, weighted.
one <- data[data$smoke == 1, ]
z <- model.matrix(~ age + lwt, one)
r <- as.numeric(one$ftv > 0)
answer <- glm(r ~ z - 1, binomial, control = list(epsilon = 1e-14))
w <- r / fitted(answer)
mean_w <- sum(w * one$bwt) / sum(w)
weighted <- stacked(function(p) {
  chance <- plogis(drop(z %*% p[2:4]))
  cbind(r / chance * (one$bwt - p[1]), (r - chance) * z)
}, c(mean_w, coef(answer)))

version <- function(name) as.character(packageVersion(name))
out <- list(
  source = list(
    program = R.version.string,
    packages = list(MASS = version("MASS"), sandwich = version("sandwich"), numDeriv = version("numDeriv")),
    call = "Rscript adjustment.R",
    data = "MASS::birthwt, columns bwt, smoke, age, lwt, ht, ftv"
  ),
  data = as.list(data),
  ancova = list(
    estimate = unname(coef(ols)["smoke"]),
    hc2 = sqrt(vcovHC(ols, "HC2")["smoke", "smoke"]),
    hc3 = sqrt(vcovHC(ols, "HC3")["smoke", "smoke"]),
    df = ols$df.residual,
    unequal_slopes_p = wald(slopes, products, "HC3")
  ),
  doubly_robust = list(
    estimate = att, se = sqrt(treated[1, 1]),
    effective_controls = sum(odds[s == 0])^2 / sum(odds[s == 0]^2)
  ),
  weighted = list(
    estimate = mean_w, se = sqrt(weighted[1, 1]), effective = sum(w)^2 / sum(w^2),
    largest = max(w) / mean(w[r == 1]), n = sum(r), left = sum(1 - r)
  )
)
jsonlite::write_json(out, "adjustment.json", auto_unbox = TRUE, digits = NA, pretty = FALSE)
