/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class JoiningNoisePredictorTest {

    /** Counts batches and passes them on. */
    private static final class Counting implements NoisePredictor {

        private final WhitePrior network = new WhitePrior(1, 0.4);
        private final List<Integer> batches = Collections.synchronizedList(new ArrayList<>());
        private Throwable failure;

        @Override
        public int channels() {
            return 1;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            batches.add(timesteps.length);
            if (failure instanceof Error error) throw error;
            if (failure != null) throw (RuntimeException) failure;
            return network.predict(x, timesteps);
        }

        @Override
        public void close() {}
    }

    private static <T> List<Future<T>> sideBySide(int count, Callable<T> action)
            throws InterruptedException {
        final ExecutorService threads = Executors.newFixedThreadPool(count);
        final List<Future<T>> results =
                threads.invokeAll(Collections.nCopies(count, action), 30, TimeUnit.SECONDS);
        threads.shutdown();
        return results;
    }

    private static final Shape SHAPE = new Shape(1, 1, 6, 5);

    @Test
    void threadsShareTheirCallsAndEachGetsItsOwn() throws Exception {
        final Counting network = new Counting();
        final JoiningNoisePredictor joined = new JoiningNoisePredictor(network, 3);
        final WhitePrior alone = new WhitePrior(1, 0.4);
        for (final Future<Object> result :
                sideBySide(
                        3,
                        () -> {
                            final long seed = Thread.currentThread().getId();
                            try (NDManager manager = NDManager.newBaseManager()) {
                                for (int call = 1; call <= 4; call++) {
                                    final NDArray x =
                                            new GaussianNoise(seed)
                                                    .draw(manager, SHAPE, call, 0, 0, 0);
                                    final double[] timestep = {100.0 * call + seed % 50};
                                    final int before = manager.getManagedArrays().size();
                                    final NDArray noise = joined.predict(x, timestep);
                                    assertEquals(before + 1, manager.getManagedArrays().size());
                                    assertArrayEquals(
                                            alone.predict(x, timestep).toFloatArray(),
                                            noise.toFloatArray(),
                                            1e-6f);
                                }
                                return null;
                            } finally {
                                joined.leave();
                            }
                        })) result.get();
        assertEquals(List.of(3, 3, 3, 3), network.batches);
    }

    @Test
    void thoseWhoLeaveAreNotWaitedFor() throws Exception {
        final Counting network = new Counting();
        final JoiningNoisePredictor joined = new JoiningNoisePredictor(network, 2);
        joined.leave();
        try (NDManager manager = NDManager.newBaseManager()) {
            joined.predict(manager.zeros(SHAPE), new double[] {5}).close();
        }
        assertEquals(List.of(1), network.batches);
    }

    static Stream<Throwable> failures() {
        return Stream.of(new IllegalStateException("no memory"), new OutOfMemoryError("no heap"));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void aFailureReachesAll(Throwable failure) throws Exception {
        final Counting network = new Counting();
        network.failure = failure;
        final JoiningNoisePredictor joined = new JoiningNoisePredictor(network, 2);
        for (final Future<Object> result :
                sideBySide(
                        2,
                        () -> {
                            try (NDManager manager = NDManager.newBaseManager()) {
                                joined.predict(manager.zeros(SHAPE), new double[] {5});
                                return null;
                            } finally {
                                joined.leave();
                            }
                        }))
            try {
                result.get();
                throw new AssertionError("did not fail");
            } catch (ExecutionException e) {
                assertSame(network.failure, e.getCause());
            }
    }
}
