/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

/**
 * A straight line y = slope · x + intercept through values whose x is as noisy as their y, along an
 * instrument z: a quantity that goes with x and whose own errors have nothing to do with those of x
 * and y. Least squares would come out too flat; the conditions Σ w r = 0 and Σ w z r = 0 for the
 * residuals r do not (Durbin, Review of the International Statistical Institute 22, 1954).
 */
final class InstrumentalLine {

    private double weights;
    private double sumX;
    private double sumY;
    private double sumZ;
    private double sumXz;
    private double sumYz;

    void add(double weight, double x, double y, double z) {
        weights += weight;
        sumX += weight * x;
        sumY += weight * y;
        sumZ += weight * z;
        sumXz += weight * x * z;
        sumYz += weight * y * z;
    }

    /** Adds all values of another line, with their weights times a sign. */
    void addAll(InstrumentalLine other, int sign) {
        weights += sign * other.weights;
        sumX += sign * other.sumX;
        sumY += sign * other.sumY;
        sumZ += sign * other.sumZ;
        sumXz += sign * other.sumXz;
        sumYz += sign * other.sumYz;
    }

    /** The line through all values of this line but those of a part of it. */
    InstrumentalLine without(InstrumentalLine part) {
        final InstrumentalLine rest = new InstrumentalLine();
        rest.addAll(this, 1);
        rest.addAll(part, -1);
        return rest;
    }

    boolean isEmpty() {
        return weights == 0;
    }

    /** NaN or infinite if x does not go with z at all. */
    double slope() {
        return (weights * sumYz - sumZ * sumY) / (weights * sumXz - sumZ * sumX);
    }

    double intercept() {
        return (sumY - slope() * sumX) / weights;
    }
}
