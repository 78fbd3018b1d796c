# Numbers of R for tests/test_returns.py; writes returns.json beside it.
# Run in this folder: Rscript returns.R
# Data: 40 lapses of 24 customers, days until the return or the end of sight; and 90 customers who may return in months
# 1 to 6, with the number of their purchases and the third of value they belong to. Made up, by rules written here.
library(survival)
library(sandwich)

i <- 0:39
days <- 1 + (i * 53 + 7 * (i %% 5)^2) %% 397
back <- as.integer((i * 29) %% 7 < 4)
days[c(3, 11, 19)] <- 90 # ties of a return with an end of sight
back[c(3, 11, 19)] <- c(1, 0, 1)
days[6] <- 391 # somebody is followed beyond the last time
back[6] <- 0
customer <- (i * 5) %% 24
at <- c(30, 90, 180, 360)
km <- summary(survfit(Surv(days, back) ~ 1, conf.type = "log-log"), times = at, extend = TRUE)
robust <- summary(
  survfit(Surv(days, back) ~ 1, cluster = customer, robust = TRUE), times = at, extend = TRUE
)

j <- 0:89
month <- 1 + (j * 37 + j %/% 7) %% 6
returned <- as.integer((j * 17) %% 11 < 6)
orders <- 1 + (j * 13 + j %/% 9) %% 7
tier <- (j * 7 + j %/% 4) %% 3
who <- j %/% 2 # pairs belong together
rows <- do.call(rbind, lapply(seq_along(j), function(u) {
  m <- seq_len(month[u])
  data.frame(
    who = who[u], month = m, orders = orders[u], tier = tier[u],
    y = as.integer(m == month[u] & returned[u] == 1)
  )
}))
exact <- list(epsilon = 1e-15, maxit = 100)
cloglog <- binomial(link = "cloglog")
free <- glm(y ~ 0 + factor(month) + log2(orders) + tier, cloglog, rows, control = exact)
sloped <- glm(y ~ log2(month) + log2(orders) + tier, cloglog, rows, control = exact)
terms <- c("log2(orders)", "tier")
by_pair <- sqrt(diag(vcovCL(free, cluster = rows$who, type = "HC0", cadjust = TRUE)))

version <- function(name) as.character(packageVersion(name))
out <- list(
  source = list(
    program = R.version.string,
    packages = list(survival = version("survival"), sandwich = version("sandwich")),
    call = "Rscript returns.R",
    data = "made up by the rules in returns.R"
  ),
  lapses = list(days = days, back = back, customer = customer),
  kaplan_meier = list(
    time = at, share = km$surv, se = km$std.err, low = km$lower, high = km$upper,
    at_risk = km$n.risk, robust_se = robust$std.err, clusters = length(unique(customer))
  ),
  spells = list(month = month, returned = returned, orders = orders, tier = tier, who = who),
  free = list(
    coef = unname(coef(free)), se = unname(sqrt(diag(vcov(free)))), by_pair = unname(by_pair),
    log_likelihood = as.numeric(logLik(free)), pairs = length(unique(who))
  ),
  sloped = list(
    coef = unname(coef(sloped)), se = unname(sqrt(diag(vcov(sloped)))),
    log_likelihood = as.numeric(logLik(sloped))
  )
)
jsonlite::write_json(out, "returns.json", auto_unbox = TRUE, digits = NA, pretty = FALSE)
