# Reference numbers for retorno.stats.moderation: Rscript moderation.R, in this folder, writes moderation.json.
# 1. mtcars, mpg ~ hp * wt: Johnson-Neyman bounds of hp along wt and of wt along hp, classical errors. The bounds are
#    found by uniroot on |t| - t_crit, not by the quadratic formula; emmeans gives the p of the slope at each: .05.
# 2. A survey built here: HC2 of the model with the product term (sandwich), and Fieller's interval of the value at
#    which a line reaches another group's mean, by searching for the two values at which t is critical.
suppressPackageStartupMessages({library(emmeans); library(sandwich); library(jsonlite)})
emm_options(msg.interaction = FALSE)

fit <- lm(mpg ~ hp * wt, data = mtcars)
t_crit <- qt(0.975, df.residual(fit))

bounds <- function(focal, along) {
  b <- coef(fit); v <- vcov(fit)
  names <- c(focal, "hp:wt")
  t_at <- function(m) (b[[focal]] + b[["hp:wt"]] * m) /
    sqrt(v[focal, focal] + 2 * m * v[focal, "hp:wt"] + m^2 * v["hp:wt", "hp:wt"])
  grid <- seq(min(mtcars[[along]]) - 4 * diff(range(mtcars[[along]])),
              max(mtcars[[along]]) + 4 * diff(range(mtcars[[along]])), length.out = 20001)
  excess <- abs(sapply(grid, t_at)) - t_crit
  turns <- which(diff(sign(excess)) != 0)
  roots <- sapply(turns, function(i)
    uniroot(function(m) abs(t_at(m)) - t_crit, grid[c(i, i + 1)], tol = 1e-13)$root)
  p <- sapply(roots, function(root) {
    at <- setNames(list(root), along)
    summary(emtrends(fit, specs = along, var = focal, at = at), infer = TRUE)$p.value
  })
  list(coefficient = unname(b[names]), covariance = unname(v[names, names]), df = df.residual(fit),
       low = min(mtcars[[along]]), high = max(mtcars[[along]]), roots = roots, p_emmeans = p)
}

i <- 1:60
survey <- data.frame(
  group = rep(c(1, 0), each = 30),
  m = 1 + (i * 7) %% 13 / 2,
  y = 0
)
survey$y <- round(2 + 0.4 * survey$m * (0.5 + survey$group) + ((i * 11) %% 17 - 8) * (0.08 + 0.02 * survey$m), 1)
product <- lm(y ~ group * m, data = survey)
hc2 <- vcovHC(product, type = "HC2")[c("group", "group:m"), c("group", "group:m")]

first <- subset(survey, group == 1); second <- subset(survey, group == 0)
line <- lm(y ~ m, data = first)
v <- vcovHC(line, type = "HC2")
target <- mean(second$y); v_target <- var(second$y) / nrow(second)
df <- 20
t_ratio <- function(q) (target - sum(coef(line) * c(1, q))) /
  sqrt(v_target + drop(c(1, q) %*% v %*% c(1, q)))
value <- unname((target - coef(line)[1]) / coef(line)[2])
edge <- function(to) uniroot(function(q) abs(t_ratio(q)) - qt(0.975, df), c(value, to), tol = 1e-13)$root
bend <- lm(y ~ m + I(m^2), data = first)
t_bend <- coef(bend)[[3]] / sqrt(vcovHC(bend, type = "HC2")[3, 3])

out <- list(
  source = list(program = R.version.string,
                packages = lapply(c(emmeans = "emmeans", sandwich = "sandwich"), function(p) as.character(packageVersion(p))),
                call = "lm(mpg ~ hp * wt, mtcars); emtrends; vcovHC(lm(y ~ group * m), 'HC2'); uniroot"),
  hp_along_wt = bounds("hp", "wt"), wt_along_hp = bounds("wt", "hp"),
  survey = list(y1 = first$y, m1 = first$m, y0 = second$y, m0 = second$m,
                coefficient = unname(coef(product)[c("group", "group:m")]), covariance = unname(hc2)),
  reached = list(df = df, value = value, ci_low = edge(value - 4), ci_high = edge(value + 4)),
  bend_p = 2 * pt(-abs(t_bend), df.residual(bend))
)
cat(toJSON(out, digits = 14, auto_unbox = TRUE, pretty = TRUE), "\n", file = "moderation.json")
