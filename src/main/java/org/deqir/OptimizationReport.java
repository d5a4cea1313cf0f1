/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.List;
import java.util.Locale;

/**
 * What the optimisation of a chain's first state did.
 *
 * @param rounds steps that were made and evaluated
 * @param asked steps that were asked for
 * @param before objective of the start as the recipe makes it
 * @param after objective of the answer
 * @param end why it ended, in words
 * @param cancelled whether the user cancelled, so that the answer is the best so far
 * @param gradients images whose gradients went through the network, about three evaluations each
 */
public record OptimizationReport(
        int rounds,
        int asked,
        double before,
        double after,
        String end,
        boolean cancelled,
        long gradients) {

    /** {@return what a title says of an optimisation that was cancelled; empty if it was not} */
    public String mark() {
        return cancelled ? " (cancelled after " + rounds + " of " + asked + " rounds)" : "";
    }

    /** {@return the report in words, for the provenance} */
    public String describe() {
        return String.format(
                Locale.ROOT,
                "%s %d of %d rounds (%s), loss %.6g before, %.6g after, %d gradients",
                cancelled ? "cancelled after" : "ended after",
                rounds,
                asked,
                end,
                before,
                after,
                gradients);
    }

    /**
     * All of several channels or planes together: sums, and mean losses; null if there are none.
     */
    static OptimizationReport combine(List<OptimizationReport> parts) {
        if (parts.isEmpty()) return null;
        final OptimizationReport first = parts.get(0);
        if (parts.size() == 1) return first;
        return new OptimizationReport(
                parts.stream().mapToInt(OptimizationReport::rounds).sum(),
                parts.stream().mapToInt(OptimizationReport::asked).sum(),
                parts.stream().mapToDouble(OptimizationReport::before).average().orElseThrow(),
                parts.stream().mapToDouble(OptimizationReport::after).average().orElseThrow(),
                parts.stream().map(OptimizationReport::end).distinct().count() == 1
                        ? first.end
                        : "all parts together",
                parts.stream().anyMatch(OptimizationReport::cancelled),
                parts.stream().mapToLong(OptimizationReport::gradients).sum());
    }
}
