/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.noise;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.deqir.image.Pixels;

/**
 * How the variance of the noise depends on the brightness: the line variance = slope · mean +
 * intercept through patches of an image.
 *
 * <p>Patches of similar mean form a class. Its variance is the median of those patches that have
 * the least structure in the directions that do not serve the variance. The line is fitted to the
 * classes with weights for their relative errors and Tukey's biweight.
 *
 * <p>Structure only ever adds to a variance. How much it may have added to a class's is seen in the
 * directions that follow those of the variance, where structure is stronger and white noise is not:
 * a class without any there lies on the line, and one with much may lie above it, but never below.
 */
final class VarianceLine {

    private static final int MOST_CLASSES = 24;
    private static final int LEAST_PER_CLASS = 30;
    private static final int ITERATIONS = 30;

    /** Share of the patches of a class that counts: those with the least structure. */
    private static final double FLAT_SHARE = 0.4;

    /** Relative error of a class's variance that structure and the patches' choice leave. */
    private static final double STRUCTURE = 0.05;

    /** Standard deviations of the classes' scatter at which a class stops to count. */
    private static final double REJECTED = 4.685;

    /** What a class that contradicts a line counts against it, in ranges of brightness. */
    private static final double CONTRADICTED = 0.3;

    /**
     * What structure adds to the variance, at most, over what it adds in the directions that
     * follow, as a standard deviation. It is less where structure is smooth, and as much where it
     * is as fine as noise.
     */
    private static final double LEAK = 1.4;

    private final double[] classMeans;
    private final double[] classVariances;
    private final int[] classSizes;

    /** What structure adds in the directions that follow, as a share of the variance. */
    private final double[] classStructures;

    private final double smallest;
    private final double slope;
    private final double intercept;
    private final double slopeError;

    VarianceLine(NoisePatches patches) {
        final int[] order =
                IntStream.range(0, patches.count())
                        .boxed()
                        .sorted(Comparator.comparingDouble(patches::mean))
                        .mapToInt(Integer::intValue)
                        .toArray();
        final int[] ends = classEnds(patches, order);
        final int classes = ends.length;
        classMeans = new double[classes];
        classVariances = new double[classes];
        classSizes = new int[classes];
        classStructures = new double[classes];
        for (int c = 0; c < classes; c++) {
            final int from = c == 0 ? 0 : ends[c - 1];
            final int[] flat = flattest(patches, Arrays.copyOfRange(order, from, ends[c]));
            final double[] variances = new double[flat.length];
            final double[] following = new double[flat.length];
            double sum = 0;
            for (int i = 0; i < flat.length; i++) {
                sum += patches.mean(flat[i]);
                variances[i] = patches.variance(flat[i]);
                following[i] = patches.nextVariance(flat[i]);
            }
            classSizes[c] = variances.length;
            classMeans[c] = sum / variances.length;
            classVariances[c] = Pixels.median(variances) / chiSquareMedian(NoisePatches.DIRECTIONS);
            classStructures[c] =
                    excess(
                            Pixels.median(following) / chiSquareMedian(NoisePatches.NEXT),
                            classVariances[c],
                            flat.length);
        }

        smallest = 1e-3 * Arrays.stream(classVariances).max().orElse(0);
        double[] line = start();
        double error = Double.POSITIVE_INFINITY;
        for (int iteration = 0; classes > 2 && iteration < ITERATIONS; iteration++) {
            final double[] deviations = deviations(line);
            final double[] distances = Arrays.stream(deviations).map(Math::abs).toArray();
            final double scale = Math.max(1, 1.4826 * weightedMedian(distances, this::share));
            final double[] weights = new double[classes];
            final double[] plain = new double[classes];
            for (int c = 0; c < classes; c++) {
                final double u = Math.max(0, deviations[c]) / (REJECTED * scale);
                if (u >= 1) continue;
                final double weight = Math.pow((1 - u * u) / predicted(line, c), 2);
                weights[c] = weight / Math.pow(scatter(line, c), 2);
                plain[c] = weight / Math.pow(relativeError(c), 2);
            }
            if (weightedSpread(weights) == 0) break;
            line = weightedLine(weights);
            // Whether noise grows with brightness is asked of all classes: those with structure
            // are often the only bright ones, and without them nothing speaks against photons.
            error = scale / Math.sqrt(weightedSpread(plain));
        }
        slope = line[0];
        intercept = line[1];
        slopeError = error;
    }

    /** The patches of a class with the least structure. */
    private static int[] flattest(NoisePatches patches, int[] ofClass) {
        return Arrays.stream(ofClass)
                .boxed()
                .sorted(Comparator.comparingDouble(patches::structure))
                .limit(Math.max(LEAST_PER_CLASS, (long) (FLAT_SHARE * ofClass.length)))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /**
     * Where classes end in the order of brightness: after 1/{@value #MOST_CLASSES} of all patches
     * or of the range of brightness, whichever comes first. The second makes classes of few bright
     * objects on a dark background.
     */
    private static int[] classEnds(NoisePatches patches, int[] order) {
        final int n = order.length;
        final double width =
                n == 0 ? 0 : (patches.mean(order[n - 1]) - patches.mean(order[0])) / MOST_CLASSES;
        final int most = Math.max(LEAST_PER_CLASS, (n + MOST_CLASSES - 1) / MOST_CLASSES);
        final int[] ends = new int[n / LEAST_PER_CLASS + 1];
        int classes = 0;
        int from = 0;
        for (int i = 1; i <= n; i++) {
            final int size = i - from;
            final boolean isWide =
                    i == n || patches.mean(order[i]) - patches.mean(order[from]) >= width;
            if (n - i >= LEAST_PER_CLASS
                    ? size >= LEAST_PER_CLASS && (isWide || size >= most)
                    : i == n) {
                ends[classes++] = i;
                from = i;
            }
        }
        return Arrays.copyOf(ends, classes);
    }

    /**
     * The line through two classes, or the constant, that most of the range of brightness agrees
     * with.
     */
    private double[] start() {
        final int classes = classMeans.length;
        double[] best = {0, typicalVariance()};
        double least = disagreement(best);
        final double apart = (brightestMean() - darkestMean()) / MOST_CLASSES;
        for (int i = 0; i < classes; i++)
            for (int j = i + 1; j < classes; j++) {
                final double distance = classMeans[j] - classMeans[i];
                if (distance <= apart) continue;
                final double slopeThere = (classVariances[j] - classVariances[i]) / distance;
                final double[] line = {slopeThere, classVariances[i] - slopeThere * classMeans[i]};
                final double disagreement = disagreement(line);
                if (disagreement < least) {
                    least = disagreement;
                    best = line;
                }
            }
        return best;
    }

    /**
     * Tukey's biweight of the deviations, each class with its share of the brightness. Those that
     * contradict the line count beyond it: dark ground has hardly any share, but knows its noise
     * best.
     */
    private double disagreement(double[] line) {
        final double[] deviations = deviations(line);
        double sum = 0;
        for (int c = 0; c < deviations.length; c++) {
            final double u = Math.min(1, Math.abs(deviations[c]) / REJECTED);
            sum += share(c) * (1 - Math.pow(1 - u * u, 3));
            sum += CONTRADICTED * u * u * range();
        }
        return sum;
    }

    private double range() {
        return brightestMean() - darkestMean();
    }

    /** The range of brightness that a class stands for, never nothing. */
    private double share(int c) {
        final int last = classMeans.length - 1;
        if (last < 1) return 1;
        final double span =
                (classMeans[Math.min(last, c + 1)] - classMeans[Math.max(0, c - 1)])
                        / (c == 0 || c == last ? 1 : 2);
        return span + 1e-3 * (brightestMean() - darkestMean()) + Double.MIN_NORMAL;
    }

    /** Differences from a line in units of what they scatter, above 0 above the line. */
    private double[] deviations(double[] line) {
        final double[] deviations = new double[classMeans.length];
        for (int c = 0; c < deviations.length; c++)
            deviations[c] = (classVariances[c] / predicted(line, c) - 1) / scatter(line, c);
        return deviations;
    }

    /** Of a class's variance around a line, as a share of the line's: structure only adds to it. */
    private double scatter(double[] line, int c) {
        final double ratio = classVariances[c] / predicted(line, c);
        return ratio > 1
                ? Math.hypot(relativeError(c), LEAK * classStructures[c] * ratio)
                : relativeError(c);
    }

    /** What is more than chance of a ratio of two variances over as many patches, less 1. */
    private static double excess(double following, double variance, int patches) {
        if (!(variance > 0)) return 0;
        final double chance =
                Math.sqrt(
                        2 / degrees(patches, NoisePatches.NEXT)
                                + 2 / degrees(patches, NoisePatches.DIRECTIONS));
        return Math.max(0, following / variance - 1 - chance);
    }

    /** Degrees of freedom of patches, which overlap, in some directions. */
    private static double degrees(int patches, int directions) {
        return Math.max(1.0, patches * directions / (double) NoisePatches.PIXELS);
    }

    private double predicted(double[] line, int c) {
        return Math.max(smallest, line[0] * classMeans[c] + line[1]);
    }

    /** Of a class's variance without structure: by its patches and their choice. */
    private double relativeError(int c) {
        return Math.sqrt(
                2 / degrees(classSizes[c], NoisePatches.DIRECTIONS) + STRUCTURE * STRUCTURE);
    }

    private static double weightedMedian(double[] values, IntToDoubleFunction weight) {
        final int[] order =
                IntStream.range(0, values.length)
                        .boxed()
                        .sorted(Comparator.comparingDouble(c -> values[c]))
                        .mapToInt(Integer::intValue)
                        .toArray();
        final double half = IntStream.range(0, values.length).mapToDouble(weight).sum() / 2;
        double sum = 0;
        for (final int c : order) {
            sum += weight.applyAsDouble(c);
            if (sum >= half) return values[c];
        }
        return 0;
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
        return weightedMedian(
                classVariances,
                c ->
                        classSizes[c]
                                / (1 + Math.pow(LEAK * classStructures[c] / relativeError(c), 2)));
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
