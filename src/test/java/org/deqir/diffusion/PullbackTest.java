/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.deqir.diffusion.DifferentiableNoisePredictor.Pullback;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.deqir.volume.SlicingNoisePredictor;
import org.deqir.volume.SlicingNoisePredictor.Margins;
import org.deqir.volume.SlicingNoisePredictor.Orientation;
import org.junit.jupiter.api.Test;

/** Predictors that show a network parts or turns of an image pull gradients back through it. */
class PullbackTest {

    private static final CallLimits TILES = CallLimits.of(16, 5, Long.MAX_VALUE);

    private static final NoiseSchedule SCHEDULE = NoiseSchedule.linear(1e-4, 0.02, 1000);

    /** ε = x² + ½·(the right neighbour)·x with wrapped borders: neither linear nor symmetric. */
    private static final class Quadratic implements DifferentiableNoisePredictor {

        @Override
        public int channels() {
            return 1;
        }

        private static NDArray rolled(NDArray x, int by) {
            final int split = (int) (x.size(3) + by) % (int) x.size(3);
            return x.get(":,:,:," + split + ":").concat(x.get(":,:,:,:" + split), 3);
        }

        private static NDArray copy(NDArray x, NDManager owner) {
            final NDArray copy = x.duplicate();
            copy.attach(owner);
            return copy;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            try (NDManager sub = x.getManager().newSubManager()) {
                final NDArray own = copy(x, sub);
                final NDArray noise = own.square().add(rolled(own, 1).mul(own).mul(0.5));
                noise.attach(x.getManager());
                return noise;
            }
        }

        @Override
        public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
            try (NDManager sub = x.getManager().newSubManager()) {
                final NDArray own = copy(x, sub);
                final NDArray gradient = copy(v, sub);
                final NDArray product =
                        gradient.mul(own.mul(2).add(rolled(own, 1).mul(0.5)))
                                .add(rolled(gradient.mul(own).mul(0.5), -1));
                product.attach(x.getManager());
                return new Pullback(predict(x, timesteps), product);
            }
        }

        @Override
        public void close() {}
    }

    private static void checkSlope(
            DifferentiableNoisePredictor predictor, Shape shape, double... t) {
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = noise(manager, shape, 0);
            final NDArray v = noise(manager, shape, 1);
            final NDArray direction = noise(manager, shape, 2);
            final int before = manager.getManagedArrays().size();
            final Pullback pullback = predictor.pullback(x, t, v);
            assertEquals(before + 2, manager.getManagedArrays().size());
            assertArrayEquals(
                    predictor.predict(x, t).toFloatArray(), pullback.noise().toFloatArray(), 1e-5f);
            // Central differences of a quadratic function are exact.
            final NDArray forward = predictor.predict(x.add(direction), t);
            final NDArray backward = predictor.predict(x.sub(direction), t);
            final double slope = v.mul(forward.sub(backward)).sum().getFloat() / 2;
            final double product = pullback.product().mul(direction).sum().getFloat();
            assertTrue(Math.abs(slope) > 1);
            assertEquals(slope, product, 1e-4 * Math.abs(slope));
        }
    }

    private static NDArray noise(NDManager manager, Shape shape, int stream) {
        return new GaussianNoise(8).draw(manager, shape, stream, 0, 0, 0);
    }

    @Test
    void theNetworkOfThisTestIsRight() {
        checkSlope(new Quadratic(), new Shape(2, 1, 9, 14), 5, 7);
    }

    @Test
    void tiles() {
        final DifferentiableNoisePredictor tiled =
                new TiledNoisePredictor(new Quadratic(), TILES, Progress.NONE);
        checkSlope(tiled, new Shape(2, 1, 37, 24), 5, 7);
        checkSlope(tiled, new Shape(1, 1, 16, 40), 5);
        checkSlope(tiled, new Shape(2, 1, 16, 12), 5, 7);
    }

    @Test
    void turns() {
        final TimestepSequence levels =
                TimestepSequence.of(SCHEDULE, 800, 700, 600, 500, 400, 300, 200, 100);
        final DifferentiableNoisePredictor turning =
                new TurningNoisePredictor(new Quadratic(), levels);
        for (int level = 0; level < levels.length(); level++)
            checkSlope(turning, new Shape(2, 1, 9, 14), levels.timestep(level), levels.timestep(0));
    }

    @Test
    void turnsOfTiles() {
        final TimestepSequence levels = TimestepSequence.of(SCHEDULE, 800, 700, 600, 500, 400);
        checkSlope(
                new TurningNoisePredictor(
                        new TiledNoisePredictor(new Quadratic(), TILES, Progress.NONE), levels),
                new Shape(2, 1, 20, 30),
                500,
                400);
    }

    @Test
    void slicesOfVolumes() {
        final TimestepSequence levels = TimestepSequence.of(SCHEDULE, 800, 700, 600, 500);
        final List<Orientation> all = List.of(Orientation.values());
        final DifferentiableNoisePredictor slicing =
                new SlicingNoisePredictor(
                        new Quadratic(),
                        levels,
                        0,
                        level -> level < all.size() ? List.of(all.get(level)) : all,
                        new Margins(1, 0, 2));
        for (int level = 0; level < levels.length(); level++)
            checkSlope(slicing, new Shape(2, 6, 7, 9), levels.timestep(level), levels.timestep(0));
    }

    @Test
    void pairsOfCalls() {
        final TimestepSequence levels = TimestepSequence.of(SCHEDULE, 800, 400);
        checkSlope(
                new AntitheticNoisePredictor(new Quadratic(), levels, 0.7, new GaussianNoise(3)),
                new Shape(2, 1, 9, 14),
                800,
                400);
    }

    @Test
    void aNetworkWithoutDerivativeIsRefused() {
        try (NDManager manager = NDManager.newBaseManager()) {
            final NDArray x = noise(manager, new Shape(1, 1, 4, 4), 0);
            final DifferentiableNoisePredictor tiled =
                    new TiledNoisePredictor(new WhitePrior(1, 1), TILES, Progress.NONE);
            final String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> tiled.pullback(x, new double[] {5}, x))
                            .getMessage();
            assertTrue(message.contains("WhitePrior cannot be differentiated"), message);
        }
    }
}
