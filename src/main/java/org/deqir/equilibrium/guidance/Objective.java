/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.guidance;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A weighted sum of losses, of the restored image x_0 and of the first state x_T. Immutable.
 *
 * <pre>{@code
 * Objective.EMPTY
 *         .ofImage("measurement", 1, consistency)
 *         .ofImage("reference", 0.5, distance)
 *         .ofStart("prior", 0.1, prior)
 * }</pre>
 */
public final class Objective {

    /** No loss at all. */
    public static final Objective EMPTY = new Objective(List.of());

    private final List<Term> terms;

    private record Term(String name, double weight, Loss loss, boolean ofStart) {}

    private Objective(List<Term> terms) {
        this.terms = terms;
    }

    /**
     * Value and gradients of an objective.
     *
     * @param value the weighted sum
     * @param parts each term's own loss, not weighted, by name
     * @param image gradient with respect to x_0
     * @param start gradient with respect to x_T where it counts directly
     */
    public record Evaluation(double value, Map<String, Double> parts, NDArray image, NDArray start)
            implements AutoCloseable {

        /** Parts in the order of the terms. */
        public Evaluation {
            parts = Collections.unmodifiableMap(parts);
        }

        @Override
        public void close() {
            image.close();
            start.close();
        }
    }

    /**
     * {@return this and a loss of the restored images (K, C, H, W); nothing is added with weight 0}
     * The name is for reports and messages.
     *
     * @param weight finite and not negative
     */
    public Objective ofImage(String name, double weight, Loss loss) {
        return with(new Term(name, weight, loss, false));
    }

    /** {@return this and a loss of the first states (K, C, H, W); otherwise as {@link #ofImage}} */
    public Objective ofStart(String name, double weight, Loss loss) {
        return with(new Term(name, weight, loss, true));
    }

    private Objective with(Term term) {
        if (!(term.weight() >= 0 && term.weight() < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException(
                    "The weight of the loss \"%s\" is %s, not a number of 0 or more."
                            .formatted(term.name(), term.weight()));
        if (term.weight() == 0) return this;
        final List<Term> more = new ArrayList<>(terms);
        more.add(term);
        return new Objective(List.copyOf(more));
    }

    /**
     * Evaluates all losses of x_T and x_0, (K, C, H, W) both. The arrays belong to the managers of
     * {@code start} and {@code image}.
     */
    public Evaluation at(NDArray start, NDArray image) {
        final NDArray ofStart = start.zerosLike();
        final NDArray ofImage = image.zerosLike();
        final Map<String, Double> parts = new LinkedHashMap<>();
        double sum = 0;
        for (final Term term : terms)
            try (Loss.Value value = term.loss().at(term.ofStart() ? start : image);
                    NDArray weighted = value.gradient().mul(term.weight())) {
                parts.put(term.name(), value.value());
                sum += term.weight() * value.value();
                (term.ofStart() ? ofStart : ofImage).addi(weighted);
            }
        return new Evaluation(sum, parts, ofImage, ofStart);
    }
}
