/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.degradation.Sequence;
import org.deqir.physics.step.ConjugateGradientProximalStep;
import org.deqir.physics.step.HardProjection;
import org.deqir.physics.step.SpectralProximalStep;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataStepTest {

    private static final int CHANNELS = 3;
    private static final int HEIGHT = 4;
    private static final int WIDTH = 8;

    /** Noise levels of the rows of a batch: the noisy end, the middle, almost clean. */
    private static final double[] SIGMA = {1.5, 0.3, 0.04};

    private static final double[] NEXT_SIGMA = {0.8, 0.1, 0};
    private static final double NOISE = 0.1;

    private NDManager manager;

    static Stream<Degradation> spectral() {
        return Stream.of(
                new Identity(),
                MissingPixels.random(HEIGHT, WIDTH, 0.5, 1),
                new Downsampling(2, Downsampling.Kernel.AVERAGE),
                new Downsampling(4, Downsampling.Kernel.BICUBIC),
                new GaussianBlur(1.5, 0.7, Border.MIRRORED),
                GreyProjection.LUMINANCE,
                new BlockSensing(0.4, 2, 3));
    }

    static Stream<Degradation> iterative() {
        final float[] psf = {0, 0.1f, 0.05f, 0.2f, 0.4f, 0.1f, 0, 0.1f, 0.05f};
        return Stream.concat(
                spectral(),
                Stream.of(
                        new PsfBlur(psf, 3, 3, Border.UNKNOWN),
                        new PsfBlur(psf, 3, 3, Border.MIRRORED),
                        new Sequence(
                                new GaussianBlur(1, 1, Border.MIRRORED),
                                MissingPixels.random(HEIGHT, WIDTH, 0.6, 3))));
    }

    @BeforeEach
    void openManager() {
        manager = NDManager.newBaseManager();
        manager.getEngine().setRandomSeed(5);
    }

    @AfterEach
    void closeManager() {
        manager.close();
    }

    @ParameterizedTest
    @MethodSource("spectral")
    void spectralStepIsTheProximalPoint(Degradation degradation) {
        final SpectralOperator a = (SpectralOperator) operator(degradation);
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final double weight = 0.3;
        final NDArray result =
                new SpectralProximalStep(a, y, NOISE, weight).apply(x0, SIGMA, NEXT_SIGMA);
        final double[] variance = new double[y.toFloatArray().length];
        Arrays.fill(variance, NOISE * NOISE);
        assertProximal(a, y, variance, x0, weight, result);
    }

    @ParameterizedTest
    @MethodSource("iterative")
    void iterativeStepIsTheProximalPointForNoiseThatDiffers(Degradation degradation) {
        final LinearOperator a = operator(degradation);
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final NDArray variance = manager.randomUniform(0.005f, 0.05f, y.getShape());
        final double weight = 0.3;
        // A tolerance that float32 cannot reach: all iterations are used, and none may do harm.
        final NDArray result =
                new ConjugateGradientProximalStep(a, y, variance, weight, 200, 1e-12)
                        .apply(x0, SIGMA, NEXT_SIGMA);
        assertProximal(a, y, doubles(variance), x0, weight, result);
    }

    @ParameterizedTest
    @MethodSource("spectral")
    void spectralAndIterativeStepAgree(Degradation degradation) {
        final SpectralOperator a = (SpectralOperator) operator(degradation);
        final NDArray y = normal(SIGMA.length, a.measurementShape());
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        assertClose(
                new SpectralProximalStep(a, y, NOISE, 1).apply(x0, SIGMA, NEXT_SIGMA),
                ConjugateGradientProximalStep.ofWhiteNoise(a, y, NOISE, 1, 500, 1e-6)
                        .apply(x0, SIGMA, NEXT_SIGMA),
                1e-4);
    }

    /**
     * Where parts of an image are restored one by one they stop at other iterations than the whole:
     * what the tolerance leaves is a difference between them. With 3e-3 it left 0.077 here.
     */
    @Test
    void theUsualToleranceLeavesLittleOfTheErrorAtTheNoisyEnd() {
        final int edge = 96;
        final double noise = 2e-3;
        final double[] first = {0.8};
        try (LinearOperator a = new GaussianBlur(1.5).operator(manager, 1, edge, edge)) {
            final int side = (int) a.imageShape().get(1);
            final float[] discs = new float[side * side];
            for (int i = 0; i < discs.length; i++)
                discs[i] =
                        (float)
                                Math.tanh(
                                        4 - Math.hypot(i / side % 24 - 12, i % side % 32 - 16) / 2);
            final NDArray truth = manager.create(discs, new Shape(1, 1, side, side));
            final NDArray y = a.apply(truth);
            final NDArray x0 = truth.mul(0.95f);
            final NDArray usual =
                    ConjugateGradientProximalStep.ofWhiteNoise(
                                    a,
                                    y,
                                    noise,
                                    1,
                                    ConjugateGradientProximalStep.DEFAULT_ITERATIONS,
                                    ConjugateGradientProximalStep.DEFAULT_TOLERANCE)
                            .apply(x0, first, first);
            final NDArray converged =
                    ConjugateGradientProximalStep.ofWhiteNoise(a, y, noise, 1, 500, 1e-7)
                            .apply(x0, first, first);
            final double error = Math.sqrt(usual.sub(converged).square().mean().getFloat());
            assertTrue(error < 0.03, "error " + error);
        }
    }

    @ParameterizedTest
    @MethodSource("iterative")
    void adjointIsTheAdjointOfTheLinearPart(Degradation degradation) {
        final LinearOperator a = operator(degradation);
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x = normal(SIGMA.length, a.imageShape());
        final NDArray v = normal(SIGMA.length, a.imageShape());
        for (final DataStep step : steps(a, y)) {
            final NDArray linear =
                    step.apply(x, SIGMA, NEXT_SIGMA)
                            .sub(step.apply(x.zerosLike(), SIGMA, NEXT_SIGMA));
            final double left = dot(linear, v);
            final double right = dot(x, step.adjoint(v, SIGMA, NEXT_SIGMA));
            assertEquals(left, right, 1e-4 * norm(x) * norm(v), step.getClass().getSimpleName());
        }
    }

    @ParameterizedTest
    @MethodSource("iterative")
    void projectionExplainsTheMeasurementAndKeepsTheNullSpace(Degradation degradation) {
        final LinearOperator a = operator(degradation);
        final NDArray truth = normal(SIGMA.length, a.imageShape());
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final NDArray y = a.apply(truth);
        final NDArray result = new HardProjection(a, y).apply(x0, SIGMA, NEXT_SIGMA);
        assertTrue(norm(a.apply(result).sub(y)) <= 2e-3 * norm(truth));
        final NDArray change = result.sub(x0);
        final NDArray explained = a.pseudoInverse(a.apply(change));
        assertTrue(norm(change.sub(explained)) <= 2e-3 * norm(change), "moves within range of Aᵀ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"projection", "proximal"})
    void knownPixelsComeBackBitByBitWithoutNoise(String kind) {
        final MissingPixels mask = MissingPixels.random(HEIGHT, WIDTH, 0.5, 9);
        final SpectralOperator a = (SpectralOperator) operator(mask);
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final float[] pixels = normal(1, a.imageShape()).mul(0.37f).toFloatArray();
        final boolean[] known = mask.known();
        for (int i = 0; i < pixels.length; i++) if (!known[i % known.length]) pixels[i] = Float.NaN;
        final NDArray y = manager.create(pixels, new Shape(1).addAll(a.measurementShape()));
        final DataStep step =
                kind.equals("projection")
                        ? new HardProjection(a, y)
                        : new SpectralProximalStep(a, y, 0, 1);
        final float[] result = step.apply(x0, SIGMA, NEXT_SIGMA).toFloatArray();
        final float[] estimate = x0.toFloatArray();
        for (int i = 0; i < result.length; i++)
            assertEquals(
                    known[i % known.length] ? pixels[i % pixels.length] : estimate[i], result[i]);
    }

    @ParameterizedTest
    @MethodSource("spectral")
    void withoutNoiseTheProximalStepIsTheProjection(Degradation degradation) {
        final SpectralOperator a = (SpectralOperator) operator(degradation);
        final NDArray y = a.apply(normal(1, a.imageShape()));
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final NDArray projected = new HardProjection(a, y).apply(x0, SIGMA, NEXT_SIGMA);
        final DataStep step = new SpectralProximalStep(a, y, 0, 1);
        assertClose(projected, step.apply(x0, SIGMA, NEXT_SIGMA), 1e-4);
    }

    @Test
    void anIdentityWithNoiseIsTheWeightedMeanOfMeasurementAndEstimate() {
        final SpectralOperator a = (SpectralOperator) operator(new Identity());
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x0 = normal(1, a.imageShape());
        final double sigma = 0.2;
        final double share = sigma * sigma / (sigma * sigma + NOISE * NOISE);
        assertClose(
                y.mul(share).add(x0.mul(1 - share)),
                new SpectralProximalStep(a, y, NOISE, 1)
                        .apply(x0, new double[] {sigma}, new double[] {0}),
                1e-6);
    }

    @Test
    void rowsOfABatchDoNotDependOnEachOther() {
        final LinearOperator a = operator(new GaussianBlur(1, 1, Border.MIRRORED));
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x0 = normal(SIGMA.length, a.imageShape());
        final DataStep step = ConjugateGradientProximalStep.ofWhiteNoise(a, y, NOISE, 1, 200, 1e-3);
        final NDArray together = step.apply(x0, SIGMA, NEXT_SIGMA);
        for (int n = 0; n < SIGMA.length; n++) {
            final NDArray alone =
                    step.apply(
                            x0.get(n + ":" + (n + 1)),
                            new double[] {SIGMA[n]},
                            new double[] {NEXT_SIGMA[n]});
            assertClose(alone, together.get(n + ":" + (n + 1)), 1e-6);
        }
    }

    @Test
    void knowingTheOperatorsSpectrumSavesIterations() {
        final float[] psf = new float[25];
        Arrays.fill(psf, 1 / 25f);
        final LinearOperator a =
                new PsfBlur(psf, 5, 5, Border.UNKNOWN).operator(manager, 1, 32, 24);
        final NDArray y = a.apply(normal(1, a.imageShape()));
        final NDArray x0 = normal(1, a.imageShape());
        final double[] sigma = {1};
        final NDArray converged =
                ConjugateGradientProximalStep.ofWhiteNoise(a, y, 0.05, 1, 500, 1e-7)
                        .apply(x0, sigma, sigma);
        final NDArray early =
                ConjugateGradientProximalStep.ofWhiteNoise(a, y, 0.05, 1, 6, 1e-7)
                        .apply(x0, sigma, sigma);
        // Without the preconditioner six iterations leave more than half of the correction to do.
        assertTrue(norm(early.sub(converged)) < 0.2 * norm(converged.sub(x0)));
        final LinearOperator spectral = operator(new GaussianBlur(2, 2, Border.MIRRORED));
        final NDArray z = normal(1, spectral.measurementShape());
        final NDArray start = normal(1, spectral.imageShape());
        assertClose(
                new SpectralProximalStep((SpectralOperator) spectral, z, NOISE, 1)
                        .apply(start, sigma, sigma),
                ConjugateGradientProximalStep.ofWhiteNoise(spectral, z, NOISE, 1, 1, 1e-7)
                        .apply(start, sigma, sigma),
                1e-5);
    }

    @Test
    void oneVarianceServesAllMeasurements() {
        final LinearOperator a = operator(new Identity());
        final NDArray y = normal(2, a.measurementShape());
        final NDArray x0 = normal(2, a.imageShape());
        final NDArray variance = manager.full(new Shape(1).addAll(a.measurementShape()), 0.04f);
        final double[] sigma = {0.2, 0.2};
        assertClose(
                y.add(x0).div(2),
                new ConjugateGradientProximalStep(a, y, variance, 1, 10, 1e-6)
                        .apply(x0, sigma, sigma),
                1e-5);
        assertRefused(
                "2 measurements",
                () ->
                        new ConjugateGradientProximalStep(
                                a, y.get("0:1"), y.abs().add(1), 1, 10, 1e-6));
    }

    @Test
    void entriesOfInfiniteVarianceDoNotCount() {
        final LinearOperator identity = operator(new Identity());
        final NDArray x0 = normal(1, identity.imageShape());
        final float[] pixels = normal(1, identity.measurementShape()).toFloatArray();
        final float[] variance = new float[pixels.length];
        Arrays.fill(variance, 0.01f);
        pixels[3] = Float.NaN;
        variance[3] = Float.POSITIVE_INFINITY;
        final Shape shape = x0.getShape();
        final float[] result =
                new ConjugateGradientProximalStep(
                                identity,
                                manager.create(pixels, shape),
                                manager.create(variance, shape),
                                1,
                                50,
                                1e-6)
                        .apply(x0, new double[] {0.1}, new double[] {0})
                        .toFloatArray();
        final float[] estimate = x0.toFloatArray();
        assertEquals(estimate[3], result[3], 1e-6);
        assertEquals((pixels[4] + estimate[4]) / 2, result[4], 1e-5);
    }

    @Test
    void invalidArgumentsAreRefusedInOneSentence() {
        final SpectralOperator a = (SpectralOperator) operator(new Identity());
        final NDArray y = normal(2, a.measurementShape());
        final NDArray x = normal(3, a.imageShape());
        final NDArray variance = y.zerosLike();
        final DataStep step = new SpectralProximalStep(a, y, NOISE, 1);
        assertRefused("2 measurements", () -> step.apply(x, SIGMA, NEXT_SIGMA));
        assertRefused("2 rows", () -> step.apply(x, new double[2], NEXT_SIGMA));
        assertRefused("Noise level 0.0", () -> step.apply(x, new double[3], NEXT_SIGMA));
        assertRefused("NaN", () -> step.apply(x, SIGMA, new double[] {0, 0, Double.NaN}));
        assertRefused("(N, 3, 4, 8)", () -> step.apply(x.get(0), SIGMA, NEXT_SIGMA));
        assertRefused("-1.0", () -> new SpectralProximalStep(a, y, -1, 1));
        assertRefused("Prior weight 0.0", () -> new SpectralProximalStep(a, y, 1, 0));
        assertRefused(
                "projection",
                () -> ConjugateGradientProximalStep.ofWhiteNoise(a, y, 0, 1, 10, 1e-3));
        assertRefused(
                "variance", () -> new ConjugateGradientProximalStep(a, y, variance, 1, 10, 1e-3));
        assertRefused("measurements", () -> new HardProjection(a, y.get(0)));
    }

    @ParameterizedTest
    @MethodSource("iterative")
    void nothingButTheResultIsLeft(Degradation degradation) {
        final LinearOperator a = operator(degradation);
        final NDArray y = normal(1, a.measurementShape());
        final NDArray x = normal(SIGMA.length, a.imageShape());
        final float[] pixels = x.toFloatArray();
        final int before = arrays();
        final List<DataStep> steps = steps(a, y);
        for (final DataStep step : steps) {
            step.apply(x, SIGMA, NEXT_SIGMA).close();
            final int held = arrays();
            step.apply(x, SIGMA, NEXT_SIGMA).close();
            step.adjoint(x, SIGMA, NEXT_SIGMA).close();
            assertEquals(held, arrays(), step.getClass().getSimpleName());
        }
        steps.forEach(DataStep::close);
        assertEquals(before, arrays(), "after close()");
        assertArrayEquals(pixels, x.toFloatArray());
    }

    /** All steps that the operator allows. */
    private static List<DataStep> steps(LinearOperator a, NDArray y) {
        final DataStep iterative =
                ConjugateGradientProximalStep.ofWhiteNoise(a, y, NOISE, 0.5, 500, 1e-6);
        if (!(a instanceof SpectralOperator spectral))
            return List.of(new HardProjection(a, y), iterative);
        return List.of(
                new HardProjection(a, y),
                iterative,
                new SpectralProximalStep(spectral, y, NOISE, 0.5));
    }

    private LinearOperator operator(Degradation degradation) {
        return degradation.operator(manager, CHANNELS, HEIGHT, WIDTH);
    }

    private void assertProximal(
            LinearOperator a,
            NDArray y,
            double[] variance,
            NDArray x0,
            double weight,
            NDArray result) {
        final DenseProblem problem = new DenseProblem(a, manager);
        for (int n = 0; n < SIGMA.length; n++) {
            final double[] expected =
                    problem.proximal(
                            y.toFloatArray(),
                            variance,
                            x0.get(n).toFloatArray(),
                            weight / (SIGMA[n] * SIGMA[n]));
            final double[] actual = doubles(result.get(n));
            double square = 0;
            double difference = 0;
            for (int i = 0; i < expected.length; i++) {
                square += expected[i] * expected[i];
                difference += Math.pow(actual[i] - expected[i], 2);
            }
            assertTrue(
                    difference <= 1e-8 * square,
                    "row " + n + " differs by " + Math.sqrt(difference / square));
        }
    }

    private int arrays() {
        return manager.getManagedArrays().size();
    }

    private NDArray normal(int batch, Shape shape) {
        return manager.randomNormal(new Shape(batch).addAll(shape));
    }

    private static void assertRefused(String named, Runnable call) {
        final var refusal = assertThrows(IllegalArgumentException.class, call::run);
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
    }

    private static void assertClose(NDArray expected, NDArray actual, double tolerance) {
        assertEquals(expected.getShape(), actual.getShape());
        final double distance = norm(expected.sub(actual));
        assertTrue(distance <= tolerance * norm(expected), "differs by " + distance);
    }

    private static double[] doubles(NDArray a) {
        final float[] narrow = a.toFloatArray();
        final double[] wide = new double[narrow.length];
        for (int i = 0; i < wide.length; i++) wide[i] = narrow[i];
        return wide;
    }

    private static double dot(NDArray a, NDArray b) {
        return a.toType(DataType.FLOAT64, false)
                .mul(b.toType(DataType.FLOAT64, false))
                .sum()
                .getDouble();
    }

    private static double norm(NDArray a) {
        return Math.sqrt(dot(a, a));
    }
}
