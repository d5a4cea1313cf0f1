/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How the variance of the noise depends on the brightness: the line variance = slope · mean +
 * intercept through patches of an image.
 *
 * <p>Patches of similar mean form a class; its variance is a median, which texture in less than
 * half of the class moves little. The line is fitted to the classes with weights for their relative
 * errors and Tukey's biweight, so that single classes full of structure do not count.
 */
final class VarianceLine {

    private static final int MOST_CLASSES = 24;
    private static final int LEAST_PER_CLASS = 30;
    private static final int ITERATIONS = 30;

    /** Standard deviations of the classes' scatter at which a class stops to count. */
    private static final double REJECTED = 4.685;

    private final double[] classMeans;
    private final double[] classVariances;
    private final double slope;
    private final double intercept;
    private final double slopeError;

    VarianceLine(NoisePatches patches) {
        final int n = patches.count();
        final int classes = Math.max(1, Math.min(MOST_CLASSES, n / LEAST_PER_CLASS));
        final int[] order =
                IntStream.range(0, n)
                        .boxed()
                        .sorted(Comparator.comparingDouble(patches::mean))
                        .mapToInt(Integer::intValue)
                        .toArray();
        classMeans = new double[classes];
        classVariances = new double[classes];
        for (int c = 0; c < classes; c++) {
            final int from = (int) ((long) n * c / classes);
            final int to = (int) ((long) n * (c + 1) / classes);
            final double[] variances = new double[to - from];
            double sum = 0;
            for (int i = from; i < to; i++) {
                sum += patches.mean(order[i]);
                variances[i - from] = patches.variance(order[i]);
            }
            classMeans[c] = sum / (to - from);
            classVariances[c] = Pixels.median(variances) / chiSquareMedian(NoisePatches.DIRECTIONS);
        }

        // Relative error of a class if there were nothing but noise; patches overlap.
        final double degrees = (double) n / classes * NoisePatches.DIRECTIONS / NoisePatches.PIXELS;
        final double leastScatter = Math.sqrt(2 / Math.max(1, degrees));
        final double smallest = 1e-3 * Arrays.stream(classVariances).max().orElse(0);
        double[] line = {0, Pixels.median(classVariances)};
        double[] weights = new double[classes];
        double error = Double.POSITIVE_INFINITY;
        for (int iteration = 0; classes > 2 && iteration < ITERATIONS; iteration++) {
            final double[] predicted = new double[classes];
            final double[] relative = new double[classes];
            for (int c = 0; c < classes; c++) {
                predicted[c] = Math.max(smallest, line[0] * classMeans[c] + line[1]);
                relative[c] = Math.abs(classVariances[c] / predicted[c] - 1);
            }
            final double scatter = Math.max(leastScatter, 1.4826 * Pixels.median(relative));
            weights = new double[classes];
            for (int c = 0; c < classes; c++) {
                final double u = relative[c] / (REJECTED * scatter);
                weights[c] = u < 1 ? Math.pow((1 - u * u) / predicted[c], 2) : 0;
            }
            final double spread = weightedSpread(weights);
            if (spread == 0) break;
            line = weightedLine(weights);
            error = scatter / Math.sqrt(spread);
        }
        slope = line[0];
        intercept = line[1];
        slopeError = error;
    }

    /** Grey levels of variance per grey level of mean. */
    double slope() {
        return slope;
    }

    /** Variance at mean 0; may be negative, as a camera's offset makes it. */
    double intercept() {
        return intercept;
    }

    /** Standard error of the slope; infinite if the patches do not determine it. */
    double slopeError() {
        return slopeError;
    }

    double at(double mean) {
        return slope * mean + intercept;
    }

    /** The variance of a typical class, for noise that does not depend on the brightness. */
    double typicalVariance() {
        return Pixels.median(classVariances);
    }

    double darkestMean() {
        return classMeans[0];
    }

    double brightestMean() {
        return classMeans[classMeans.length - 1];
    }

    private double weightedSpread(double[] weights) {
        double sum = 0;
        double first = 0;
        double second = 0;
        for (int c = 0; c < weights.length; c++) {
            sum += weights[c];
            first += weights[c] * classMeans[c];
        }
        if (sum == 0) return 0;
        for (int c = 0; c < weights.length; c++)
            second += weights[c] * Math.pow(classMeans[c] - first / sum, 2);
        return second;
    }

    private double[] weightedLine(double[] weights) {
        double sum = 0;
        double x = 0;
        double y = 0;
        for (int c = 0; c < weights.length; c++) {
            sum += weights[c];
            x += weights[c] * classMeans[c];
            y += weights[c] * classVariances[c];
        }
        x /= sum;
        y /= sum;
        double xx = 0;
        double xy = 0;
        for (int c = 0; c < weights.length; c++) {
            xx += weights[c] * (classMeans[c] - x) * (classMeans[c] - x);
            xy += weights[c] * (classMeans[c] - x) * (classVariances[c] - y);
        }
        return new double[] {xy / xx, y - xy / xx * x};
    }

    /** Median of χ²/K for K degrees of freedom (Wilson and Hilferty 1931). */
    private static double chiSquareMedian(int degrees) {
        return Math.pow(1 - 2.0 / (9 * degrees), 3);
    }
}
