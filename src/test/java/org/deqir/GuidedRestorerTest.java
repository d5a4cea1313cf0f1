/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Border;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Restorations that a reference guides, with the shipped prior. */
@Tag("slow")
class GuidedRestorerTest {

    private static final int SIDE = 48;
    private static final int SCALE = 4;
    private static final double SIGMA = 2;

    private static DiffusionPrior prior;
    private static Restorer restorer;

    @BeforeAll
    static void load() throws IOException {
        prior = new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
        restorer = new Restorer(prior);
    }

    @AfterAll
    static void close() {
        prior.close();
    }

    /**
     * Spots of 20 to 220 grey levels; two of them, in the region, are closer than a coarse pixel.
     */
    private static Plane truth() {
        final double[][] spots = {{21.5, 24}, {25.5, 24}, {38, 10}, {9, 38}, {40, 40}, {10, 9}};
        final float[] levels = new float[SIDE * SIDE];
        for (int i = 0; i < levels.length; i++) {
            levels[i] = 20;
            for (final double[] spot : spots)
                levels[i] +=
                        (float)
                                (200
                                        * Math.exp(
                                                -(Math.pow(i % SIDE - spot[0], 2)
                                                                + Math.pow(i / SIDE - spot[1], 2))
                                                        / 3.5));
        }
        return Plane.of(levels, SIDE, SIDE);
    }

    private static boolean[] region() {
        final boolean[] region = new boolean[SIDE * SIDE];
        for (int i = 0; i < region.length; i++)
            region[i] = Math.abs(i % SIDE - 23.5) < 8 && Math.abs(i / SIDE - 23.5) < 8;
        return region;
    }

    private static Restoration enlarging(long seed) {
        return new Restoration(
                new Downsampling(SCALE, Downsampling.Kernel.AVERAGE),
                new NoiseModel.Gaussian(SIGMA),
                Sampling.DEFAULT.withMode(Sampling.Mode.SAMPLE).withSeed(seed).withSteps(6));
    }

    private static Plane measured() {
        return Simulation.measure(
                truth(), enlarging(1).degradation(), new NoiseModel.Gaussian(SIGMA), 3);
    }

    private static double distance(Plane a, Plane b, boolean[] region, boolean inside) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < region.length; i++)
            if (region[i] == inside) {
                sum += Math.pow(a.channels()[0][i] - b.channels()[0][i], 2);
                count++;
            }
        return Math.sqrt(sum / count);
    }

    /**
     * What the measurement cannot tell, the reference can: two spots that fall on one coarse pixel.
     * Outside the region the result stays as near to the unguided one as another run with another
     * seed is.
     */
    @Test
    void aReferenceChangesTheRegionAndLeavesTheRestWithinTheSpreadOfRuns() {
        final Plane reference = truth();
        final boolean[] region = region();
        final Plane unguided = restorer.restore(measured(), enlarging(1), Progress.NONE).restored();
        final Plane otherRun = restorer.restore(measured(), enlarging(2), Progress.NONE).restored();
        final RestorationResult result =
                restorer.restore(
                        measured(),
                        enlarging(1)
                                .withOptimization(
                                        new Optimization(
                                                12,
                                                0.3,
                                                new Guide(reference, 1, 0, region, false))),
                        Progress.NONE);
        final Plane guided = result.restored();
        final double before = distance(unguided, reference, region, true);
        final double after = distance(guided, reference, region, true);
        assertTrue(after < 0.8 * before, "in the region " + before + " to " + after);
        final double spread = distance(unguided, otherRun, region, false);
        final double moved = distance(unguided, guided, region, false);
        assertTrue(moved <= spread, "outside moved by " + moved + ", runs differ by " + spread);
        assertTrue(
                result.report().optimization().after() < result.report().optimization().before());
        assertFalse(result.report().optimization().cancelled());
    }

    /** The state from which the prior makes the reference is a start that knows the reference. */
    @Test
    void descentMayBeginAtTheReference() {
        final boolean[] region = region();
        final RestorationResult far = guided(new Guide(truth(), 1, 0, region, false));
        final RestorationResult near = guided(new Guide(truth(), 1, 0, region, false, true));
        assertTrue(
                near.report().optimization().after() < 0.9 * far.report().optimization().after());
        assertTrue(
                distance(near.restored(), truth(), region, true)
                        < distance(far.restored(), truth(), region, true));
    }

    private static RestorationResult guided(Guide guide) {
        return restorer.restore(
                measured(),
                enlarging(1).withOptimization(new Optimization(1, 0.1, guide)),
                Progress.NONE);
    }

    /** A reference of inverted contrast helps as well, if its intensities are fitted. */
    @Test
    void aFittedReferenceMayHaveAnyIntensities() {
        final Plane inverted = truth();
        for (int i = 0; i < inverted.size(); i++)
            inverted.channels()[0][i] = 5000 - 3 * inverted.channels()[0][i];
        final boolean[] all = new boolean[SIDE * SIDE];
        Arrays.fill(all, true);
        final Plane unguided = restorer.restore(measured(), enlarging(1), Progress.NONE).restored();
        final Plane guided =
                restorer.restore(
                                measured(),
                                enlarging(1)
                                        .withOptimization(
                                                new Optimization(
                                                        12,
                                                        0.3,
                                                        new Guide(inverted, 1, 0, null, true))),
                                Progress.NONE)
                        .restored();
        final double before = distance(unguided, truth(), all, true);
        final double after = distance(guided, truth(), all, true);
        assertTrue(after < 0.85 * before, before + " to " + after);
    }

    /** The measurement is explained within its noise, and that is all it can ask for. */
    @Test
    void theMeasurementAloneAsksForNoMoreThanItsNoise() {
        final List<Double> losses = new ArrayList<>();
        final Progress listener =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public void measured(String quantity, int index, double value) {
                        losses.add(value);
                    }

                    @Override
                    public boolean isCanceled() {
                        return false;
                    }
                };
        // A stronger smoothing than the noise asks for: the result does not explain the
        // measurement.
        final Degradation blur = new GaussianBlur(1, 1, Border.MIRRORED);
        final Restoration tooSmooth =
                new Restoration(blur, new NoiseModel.Gaussian(3), Sampling.DEFAULT.withStrength(8));
        final Plane noisy = Simulation.measure(truth(), blur, new NoiseModel.Gaussian(3), 4);
        final RestorationResult before = restorer.restore(noisy, tooSmooth, Progress.NONE);
        final RestorationResult after =
                restorer.restore(noisy, tooSmooth.withOptimization(Optimization.of(30)), listener);
        assertTrue(before.report().chiSquare() > 1.2, "χ² " + before.report().chiSquare());
        assertTrue(
                after.report().chiSquare() < 0.5 + 0.5 * before.report().chiSquare(),
                before.report().chiSquare() + " to " + after.report().chiSquare());
        assertTrue(after.report().chiSquare() > 0.9, "χ² " + after.report().chiSquare());
        assertEquals(after.report().optimization().rounds() + 1, losses.size());
        // Descent begins with a chain of single calls, and the plain result is that of pairs.
        assertTrue(
                losses.get(0) >= after.report().optimization().before(),
                losses.get(0) + " and " + after.report().optimization().before());
    }

    @Test
    void aTrajectoryEndsWithTheRestoredImage() {
        final List<ChainState> states = restorer.follow(measured(), enlarging(1), Progress.NONE);
        assertEquals(7, states.size());
        final Plane restored = restorer.restore(measured(), enlarging(1), Progress.NONE).restored();
        assertArrayEquals(restored.channels()[0], states.get(6).state().channels()[0], 1e-2f);
        for (int i = 1; i < 7; i++) assertTrue(states.get(i).sigma() < states.get(i - 1).sigma());
        assertEquals("restored", states.get(6).label());
        // Camera noise is shown in the camera's grey levels.
        final List<ChainState> camera =
                restorer.follow(
                        truth(),
                        new Restoration(new Identity(), new NoiseModel.PoissonGaussian(2, 10, 1)),
                        Progress.NONE);
        assertEquals(2, camera.size());
        assertArrayEquals(truth().channels()[0], camera.get(0).state().channels()[0], 2.5f);
    }

    @Test
    void badReferencesGetOneClearSentence() {
        final Plane image = truth();
        refused("weight = -1", () -> new Guide(image, -1, 0, null, false));
        refused("detail", () -> new Guide(image, 1, Double.NaN, null, false));
        refused("region has 3", () -> new Guide(image, 1, 0, new boolean[3], false));
        refused("no pixel", () -> new Guide(image, 1, 0, new boolean[SIDE * SIDE], false));
        final Plane withNaN = truth();
        withNaN.channels()[0][7] = Float.NaN;
        refused("NaN", () -> new Guide(withNaN, 1, 0, null, false));
        refused("rounds = -1", () -> new Optimization(-1, 0.1, null));
        refused("rate = 0", () -> new Optimization(1, 0, null));
        final Restoration guided =
                new Restoration(new Identity(), new NoiseModel.Gaussian(1))
                        .withOptimization(
                                new Optimization(
                                        1,
                                        0.1,
                                        new Guide(
                                                Plane.of(new float[9], 3, 3), 1, 0, null, false)));
        refused("3 × 3", () -> restorer.restore(image, guided, Progress.NONE));
        refused(
                "cannot be differentiated",
                () ->
                        new Restorer(new WhitePrior(1, 0.5).prior())
                                .restore(
                                        image,
                                        new Restoration(new Identity(), new NoiseModel.Gaussian(9))
                                                .withOptimization(
                                                        new Optimization(
                                                                1,
                                                                0.1,
                                                                new Guide(
                                                                        image, 1, 0, null, false))),
                                        Progress.NONE));
    }

    private static void refused(String part, org.junit.jupiter.api.function.Executable call) {
        final String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
