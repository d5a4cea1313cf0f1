/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a restoration did, for its provenance.
 *
 * @param model name of the prior
 * @param modelSha256 hash of the prior's weights
 * @param degradation the degradation in words
 * @param noise the noise model in words
 * @param chain the noise levels and the mode in words
 * @param solver name of the solver
 * @param seed seed of the random numbers
 * @param evaluations images that went through the network
 * @param rounds network rounds that had to wait for one another
 * @param residual relative residual of the last state, 0 for the sequential chain
 * @param converged whether the solver reached its tolerance
 * @param chiSquare mean squared difference between the measurement and the degraded result, in
 *     units of the stated noise's variance; about 1 or somewhat below when the result explains the
 *     measurement, NaN where no noise was stated
 * @param seconds time taken
 * @param optimization what the optimisation of the start did; null without one
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record RestorationReport(
        String model,
        String modelSha256,
        String degradation,
        String noise,
        String chain,
        String solver,
        long seed,
        long evaluations,
        int rounds,
        double residual,
        boolean converged,
        double chiSquare,
        double seconds,
        OptimizationReport optimization)
        implements RestorationReportBuilder.With {

    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE][-+]?\\d+)?");

    /** What the description of a chain ends with that started from a neighbour. */
    public static final String FROM_NEIGHBOUR = ", from the neighbour";

    /** {@return one line a fact, {@code key: value}} */
    public List<String> lines() {
        final List<String> lines = new ArrayList<>();
        lines.add("model: " + model + " (sha256 " + modelSha256 + ")");
        lines.add("operator: " + degradation);
        lines.add("noise: " + noise);
        lines.add("chain: " + chain);
        lines.add("solver: " + solver + (converged ? "" : " (not converged)"));
        lines.add("seed: " + seed);
        lines.add("network evaluations: " + evaluations + " in " + rounds + " rounds");
        lines.add(String.format(Locale.ROOT, "final residual: %.3g", residual));
        if (optimization != null) lines.add("optimization: " + optimization.describe());
        if (!Double.isNaN(chiSquare))
            lines.add(String.format(Locale.ROOT, "re-degradation chi-square: %.3f", chiSquare));
        return lines;
    }

    /**
     * {@return this report of a restoration that took network evaluations and time before it began}
     *
     * @param before network evaluations
     * @param secondsBefore time they took
     */
    public RestorationReport withEvaluationsBefore(long before, double secondsBefore) {
        return with(r -> r.evaluations(evaluations + before).seconds(seconds + secondsBefore));
    }

    /**
     * {@return the report of several restorations that make up one image, such as its channels:
     * counts add up, the worst residual and the mean χ² are kept}
     *
     * @param parts at least one
     */
    public static RestorationReport combine(List<RestorationReport> parts) {
        final RestorationReport first = parts.get(0);
        return new RestorationReport(
                first.model,
                first.modelSha256,
                first.degradation,
                noises(parts.stream().map(RestorationReport::noise).toList()),
                chains(parts),
                first.solver,
                first.seed,
                parts.stream().mapToLong(RestorationReport::evaluations).sum(),
                parts.stream().mapToInt(RestorationReport::rounds).sum(),
                parts.stream().mapToDouble(RestorationReport::residual).max().orElse(0),
                parts.stream().allMatch(RestorationReport::converged),
                parts.stream().mapToDouble(RestorationReport::chiSquare).average().orElse(0),
                parts.stream().mapToDouble(RestorationReport::seconds).sum(),
                OptimizationReport.combine(
                        parts.stream()
                                .map(RestorationReport::optimization)
                                .filter(Objects::nonNull)
                                .toList()));
    }

    /**
     * The noise of all parts: where descriptions differ in numbers only, the range of each number;
     * otherwise one after the other.
     */
    private static String noises(List<String> descriptions) {
        final Map<String, List<double[]>> kinds = new LinkedHashMap<>();
        for (final String description : descriptions)
            kinds.computeIfAbsent(
                            NUMBER.matcher(description).replaceAll("#"), k -> new ArrayList<>())
                    .add(
                            NUMBER.matcher(description)
                                    .results()
                                    .mapToDouble(number -> Double.parseDouble(number.group()))
                                    .toArray());
        if (descriptions.stream().distinct().count() == 1) return descriptions.get(0);
        final List<String> texts = new ArrayList<>();
        kinds.forEach(
                (kind, numbers) -> {
                    String text = kind;
                    for (int k = 0; k < numbers.get(0).length; k++) {
                        final int index = k;
                        final DoubleSummaryStatistics range =
                                numbers.stream()
                                        .mapToDouble(values -> values[index])
                                        .summaryStatistics();
                        text = text.replaceFirst("#", range(range.getMin(), range.getMax()));
                    }
                    texts.add(
                            kinds.size() == 1
                                    ? text
                                    : text
                                            + " ("
                                            + numbers.size()
                                            + " of "
                                            + descriptions.size()
                                            + ")");
                });
        return String.join("; ", texts);
    }

    private static String range(double least, double most) {
        return least == most ? rounded(least) : rounded(least) + " to " + rounded(most);
    }

    /** Four digits that count. */
    private static String rounded(double value) {
        final BigDecimal number = new BigDecimal(value).round(new MathContext(4));
        return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
    }

    /** The chain of the first part, and how many others had a shorter one. */
    private static String chains(List<RestorationReport> parts) {
        final String first = parts.get(0).chain;
        final long shorter =
                parts.stream().filter(part -> part.chain.endsWith(FROM_NEIGHBOUR)).count();
        return shorter == 0 || parts.size() == 1
                ? first
                : "%s; %s of %s planes in fewer levels%s"
                        .formatted(first, shorter, parts.size(), FROM_NEIGHBOUR);
    }
}
