// SPDX-License-Identifier: Apache-2.0

// Package eprocess tests, while data still come in, whether bad events fall on
// a canary more often than its share of the requests explains.
//
// In an interval the canary has n_c requests and b_c bad ones, stable n_s and
// b_s. Given how many were bad in all, b = b_c + b_s, the two rates drop out
// but for their odds ratio ω: b_c has Fisher's noncentral hypergeometric law.
// So an incident that hits both alike, traffic that grows and a weight that
// changes between intervals say nothing, whatever they do to the rates.
//
// The null hypothesis is ω ≤ margin in every interval. Each alternative r of a
// fixed grid bets on it: its wealth is multiplied by the likelihood ratio of r
// against the margin, whose mean under the hypothesis is at most 1. The grid's
// wealth, averaged, is an e-process: by Ville's inequality the chance that it
// ever reaches 1/α is at most α, however often and whenever somebody looks.
//
// Part of the stake is kept for later starts, so that a canary that turns bad
// after hours of good evidence is not defended by these hours. That, the limit
// on what one interval can bring, and the division by the dispersion only ever
// keep the mean at or below 1; see Process.
//
// The papers: J. Ville, "Étude critique de la notion de collectif" (1939);
// M. Lindon and A. Malek, "Anytime-valid inference for multinomial count data"
// (NeurIPS 2022); R. Johari, P. Koomen, L. Pekelis and D. Walsh, "Always valid
// inference" (Operations Research, 2022). For sums of independent trials:
// W. Hoeffding, "On the distribution of the number of successes in independent
// trials" (1956).
//
// It is pure, and imports mathematics only.
package eprocess
