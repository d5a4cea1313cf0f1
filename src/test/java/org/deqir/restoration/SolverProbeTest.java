/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.ToLongBiFunction;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TiledNoisePredictor;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which solver {@code auto} takes, on machines whose network calls take what the test says. */
@Tag("slow")
class SolverProbeTest {

    private static final int LEVELS = 25;
    private static final int ANY_BATCH = 1000;

    /** A network whose calls take as long as is said, by the probe's clock. */
    private static final class Machine implements NoisePredictor {

        private final ToLongBiFunction<Integer, Long> cost;
        private final List<Integer> batches = new ArrayList<>();
        private long now;

        /**
         * @param cost of a call, from the number of images and the pixels of each
         */
        Machine(ToLongBiFunction<Integer, Long> cost) {
            this.cost = cost;
        }

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            batches.add(timesteps.length);
            now += cost.applyAsLong(timesteps.length, x.size(2) * x.size(3));
            return x.zerosLike();
        }

        @Override
        public void close() {}

        SolverProbe.Plan plan(int edge, int levels, int maxBatch) {
            return new SolverProbe(() -> now)
                    .choose(this, edge, edge, levels, 1, maxBatch, Progress.NONE);
        }
    }

    /** As a processor: every image takes its time. */
    private static Machine proportional() {
        return new Machine((images, pixels) -> images * pixels * 100);
    }

    /** As a large GPU: a call takes what it takes. */
    private static Machine constant() {
        return new Machine((images, pixels) -> 10_000_000);
    }

    /** Room for some images, beyond which calls take longer. */
    private static Machine roomFor(int free) {
        return new Machine((images, pixels) -> 1_000_000L * Math.max(images, free));
    }

    @Test
    void sequentialWhereABatchTakesAsLongAsItsImages() {
        assertEquals(1, proportional().plan(128, LEVELS, ANY_BATCH).window());
    }

    @Test
    void allLevelsWhereABatchTakesAsLongAsOneImage() {
        assertEquals(LEVELS, constant().plan(128, LEVELS, ANY_BATCH).window());
    }

    @Test
    void aWindowWhereABatchOfAllLevelsTakesTooLong() {
        final Machine machine = new Machine((images, pixels) -> 1_000_000L + 40_000L * images);
        final SolverProbe.Plan plan = machine.plan(128, 100, ANY_BATCH);
        assertTrue(!plan.sequential() && plan.window() < 100, plan.toString());
    }

    @Test
    void largeImagesAreNotTriedWhereSmallOnesGainNothing() {
        final Machine machine = proportional();
        machine.plan(512, LEVELS, ANY_BATCH);
        assertEquals(List.of(1, 1, 4, 4), machine.batches);
    }

    @Test
    void sequentialWhereOnlySmallImagesGain() {
        final Machine machine = new Machine((images, pixels) -> Math.max(20_000, images * pixels));
        assertEquals(1, machine.plan(512, LEVELS, ANY_BATCH).window());
        assertTrue(machine.batches.contains(LEVELS), "the size itself was measured");
    }

    @Test
    void sequentialWhereMemoryHoldsNoBatch() {
        assertEquals(1, constant().plan(128, LEVELS, 1).window());
        assertEquals(1, roomFor(8).plan(128, LEVELS, 1).window());
    }

    @Test
    void shortChainsAreNotWorthMeasuring() {
        final Machine machine = constant();
        assertEquals(1, machine.plan(128, 1, ANY_BATCH).window());
        assertTrue(machine.batches.isEmpty());
    }

    @Test
    void measuresASizeOnce() {
        final Machine machine = constant();
        final SolverProbe probe = new SolverProbe(() -> machine.now);
        probe.choose(machine, 128, 128, LEVELS, 1, ANY_BATCH, Progress.NONE);
        final int calls = machine.batches.size();
        probe.choose(machine, 128, 128, LEVELS, 1, ANY_BATCH, Progress.NONE);
        assertEquals(calls, machine.batches.size());
        probe.choose(machine, 96, 96, LEVELS, 1, ANY_BATCH, Progress.NONE);
        assertTrue(machine.batches.size() > calls);
    }

    /** What is around the network is made anew for every plane, with the same network inside. */
    @Test
    void measuresANetworkOnceWhateverIsAroundIt() {
        final Machine machine = constant();
        final SolverProbe probe = new SolverProbe(() -> machine.now);
        for (int plane = 0; plane < 3; plane++) {
            final NoisePredictor around =
                    new TiledNoisePredictor(machine, CallLimits.standard(), Progress.NONE);
            final int before = machine.batches.size();
            probe.choose(around, 128, 128, LEVELS, 1, ANY_BATCH, Progress.NONE);
            assertEquals(plane == 0, machine.batches.size() > before, "plane " + plane);
        }
    }

    @Test
    void stopsWhenTheUserCancels() {
        final Machine machine = constant();
        final Progress canceled =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        return true;
                    }
                };
        assertThrows(
                CancellationException.class,
                () ->
                        new SolverProbe(() -> machine.now)
                                .choose(machine, 128, 128, LEVELS, 1, ANY_BATCH, canceled));
        assertTrue(machine.batches.isEmpty());
    }
}
