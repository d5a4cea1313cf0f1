/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.deqir.diffusion.DifferentiableNoisePredictor;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.physics.Tensors;

/**
 * A prior of planes as one of volumes (N, D, H, W): the network sees the slices of a volume as a
 * batch, those along xy at one noise level, along xz at the next, then along yz (Lee et al. 2023,
 * Chung et al. 2023).
 *
 * <p>The answer is a function of volume and timestep alone, so a chain and its joint map keep their
 * fixed point. Outside of a window the network is not asked, and no noise is predicted: what the
 * measurement hardly knows stays as it is.
 */
public final class SlicingNoisePredictor extends ForwardingNoisePredictor
        implements DifferentiableNoisePredictor {

    /** How a volume is cut into slices: the order of axes that makes their number the second. */
    public enum Orientation {
        /** As they were measured. */
        XY(0, 1, 2, 3),
        /** Along rows and the axis. */
        XZ(0, 2, 1, 3),
        /** Along columns and the axis. */
        YZ(0, 3, 1, 2);

        private final int[] axes;

        Orientation(int... axes) {
            this.axes = axes;
        }

        /** Slices of a volume of so many slices, rows and columns. */
        int slices(int... size) {
            return size[axes[1] - 1];
        }

        NDArray turned(NDArray volume) {
            return this == XY ? volume.duplicate() : volume.transpose(axes);
        }

        NDArray turnedBack(NDArray volume) {
            final int[] back = new int[axes.length];
            for (int i = 0; i < axes.length; i++) back[axes[i]] = i;
            return this == XY ? volume : volume.transpose(back);
        }
    }

    /**
     * The part of a volume that the network sees.
     *
     * @param depth slices left out at both ends
     * @param height rows left out above and below
     * @param width columns left out on the left and right
     */
    public record Margins(int depth, int height, int width) {

        /** What is left of a volume of so many slices, rows and columns. */
        int[] seen(int... size) {
            return new int[] {size[0] - 2 * depth, size[1] - 2 * height, size[2] - 2 * width};
        }

        /** The network sees everything. */
        public static final Margins NONE = new Margins(0, 0, 0);
    }

    private static final long VOXELS_OF_A_SLAB = 1L << 22;

    private final Map<Double, List<Orientation>> orientations = new HashMap<>();
    private final Margins margins;
    private final AtomicLong slices = new AtomicLong();

    /**
     * @param network predicts the noise of planes of one channel; stays the caller's
     * @param levels the levels of the chain, which take turns
     * @param first how many levels came before them
     * @param turns the orientations that are asked at a level, counted with those before; the
     *     answers of several are averaged
     * @param margins of the slices, which the network sees and the answer lacks
     */
    public SlicingNoisePredictor(
            NoisePredictor network,
            TimestepSequence levels,
            int first,
            IntFunction<List<Orientation>> turns,
            Margins margins) {
        super(network);
        this.margins = margins;
        for (int level = 0; level < levels.length(); level++)
            orientations.put(levels.timestep(level), turns.apply(first + level));
    }

    /** {@return slices that went through the network so far} */
    public long slices() {
        return slices.get();
    }

    @Override
    public NDArray predict(NDArray x, double[] timesteps) {
        return Tensors.scoped(
                x,
                volumes -> {
                    final NDArray noise = volumes.zerosLike();
                    for (int n = 0; n < timesteps.length; n++) {
                        final List<Orientation> asked = asked(timesteps[n]);
                        for (final Orientation orientation : asked)
                            for (final Slab slab : slabs(volumes, n, orientation))
                                try (NDManager scope = volumes.getManager().newSubManager()) {
                                    final NDArray slices =
                                            slices(Tensors.view(volumes, scope), slab);
                                    final NDArray answer =
                                            network.predict(slices, repeated(timesteps[n], slices));
                                    add(answer.divi(asked.size()), noise, slab);
                                }
                    }
                    return noise;
                });
    }

    /** Turning is orthogonal, so the gradient is turned like the volume, and its product back. */
    @Override
    public Pullback pullback(NDArray x, double[] timesteps, NDArray v) {
        final DifferentiableNoisePredictor differentiable =
                DifferentiableNoisePredictor.of(network);
        final NDArray noise = x.zerosLike();
        final NDArray product = x.zerosLike();
        try (NDManager scope = x.getManager().newSubManager()) {
            final NDArray volumes = Tensors.view(x, scope);
            final NDArray gradients = Tensors.view(v, scope);
            for (int n = 0; n < timesteps.length; n++) {
                final List<Orientation> asked = asked(timesteps[n]);
                for (final Orientation orientation : asked)
                    for (final Slab slab : slabs(volumes, n, orientation)) {
                        final NDArray slices = slices(volumes, slab);
                        try (Pullback pullback =
                                differentiable.pullback(
                                        slices,
                                        repeated(timesteps[n], slices),
                                        slices(gradients, slab).div(asked.size()))) {
                            add(pullback.noise().div(asked.size()), noise, slab);
                            add(pullback.product(), product, slab);
                        }
                    }
            }
        }
        return new Pullback(noise, product);
    }

    private List<Orientation> asked(double timestep) {
        return orientations.getOrDefault(timestep, List.of(Orientation.XY));
    }

    private static double[] repeated(double timestep, NDArray slices) {
        final double[] timesteps = new double[Math.toIntExact(slices.size(0))];
        Arrays.fill(timesteps, timestep);
        return timesteps;
    }

    /**
     * Neighbouring slices of one of the volumes.
     *
     * @param window what {@code get} takes
     */
    private record Slab(Orientation orientation, String window) {}

    /** The part of a volume that is seen, in slabs: copies of all slices would be large. */
    private List<Slab> slabs(NDArray volumes, int row, Orientation orientation) {
        final int[] margin = {margins.depth, margins.height, margins.width};
        final int along = orientation.axes[1] - 1;
        final long[] from = new long[margin.length];
        final long[] to = new long[margin.length];
        long voxels = 1;
        for (int axis = 0; axis < margin.length; axis++) {
            from[axis] = margin[axis];
            to[axis] = volumes.size(axis + 1) - margin[axis];
            if (axis != along) voxels *= to[axis] - from[axis];
        }
        final long thick = Math.max(1, VOXELS_OF_A_SLAB / voxels);
        final List<Slab> slabs = new ArrayList<>();
        final long end = to[along];
        while (from[along] < end) {
            to[along] = Math.min(end, from[along] + thick);
            final StringBuilder window =
                    new StringBuilder().append(row).append(':').append(row + 1);
            for (int axis = 0; axis < margin.length; axis++)
                window.append(", ").append(from[axis]).append(':').append(to[axis]);
            slabs.add(new Slab(orientation, window.toString()));
            from[along] = to[along];
        }
        return slabs;
    }

    /** The slices of a slab as a batch of planes. */
    private NDArray slices(NDArray volumes, Slab slab) {
        final NDArray seen = volumes.get(slab.window);
        final NDArray turned = slab.orientation.turned(seen);
        final Shape shape = turned.getShape();
        slices.addAndGet(shape.get(1));
        return turned.reshape(shape.get(1), 1, shape.get(2), shape.get(3));
    }

    /** Adds a batch of planes to a slab of a volume. */
    private static void add(NDArray slices, NDArray volumes, Slab slab) {
        final Shape shape = slices.getShape();
        final NDArray turned = slices.reshape(1, shape.get(0), shape.get(2), shape.get(3));
        try (NDArray view = volumes.get(slab.window)) {
            view.addi(slab.orientation.turnedBack(turned));
        }
    }
}
