/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.util.ArrayList;
import java.util.List;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.MissingPixelKeys;
import org.deqir.command.key.NeighbourKeys;
import org.deqir.command.key.NoiseKeys;
import org.deqir.command.key.OperatorKeys;
import org.deqir.command.key.VolumeKeys;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;

/** The tasks of the commands, from their keys. */
public final class Tasks {

    private static final int CONTEXT_OF_A_BLUR = 32;
    private static final int CONTEXT_OF_COARSE_PIXELS = 16;

    private Tasks() {}

    /**
     * {@return a task that denoises every plane}
     *
     * @throws IllegalArgumentException if there is no noise to remove
     */
    public static RestorationTask denoise(PlaneSource source, String suffix, NoiseKeys noise) {
        return denoise(source, suffix, noise, NeighbourKeys.NONE);
    }

    /**
     * {@return a task that denoises every plane with the help of neighbouring frames or slices}
     *
     * @throws IllegalArgumentException if there is no noise to remove, or no neighbour
     */
    public static RestorationTask denoise(
            PlaneSource source, String suffix, NoiseKeys noise, NeighbourKeys neighbours) {
        if (noise.isNone())
            throw new IllegalArgumentException(
                    "noise = 'none' leaves nothing to remove; the choices are: auto, gaussian,"
                            + " poisson-gaussian.");
        return neighbours.isNone()
                ? new DenoiseTask(source, suffix, noise)
                : new NeighbourDenoiseTask(source, suffix, noise, neighbours);
    }

    /** {@return a task that deblurs every plane; the keys decide what lies outside of the image} */
    public static RestorationTask deblur(
            PlaneSource source, String suffix, OperatorKeys.Blur blur, NoiseKeys noise) {
        final List<String> notices = new ArrayList<>();
        final Degradation degradation = blur.degradation(source.image(), notices::add);
        final RestorationTask task =
                new RestorationTask(
                        source,
                        suffix,
                        degradation,
                        noise,
                        CONTEXT_OF_A_BLUR + degradation.reach());
        task.notices.addAll(notices);
        return task;
    }

    /** {@return a task that deblurs every volume, each channel of each frame} */
    public static RestorationTask deblurVolumes(
            PlaneSource source, String suffix, OperatorKeys.Blur blur, NoiseKeys noise) {
        final List<String> notices = new ArrayList<>();
        final VolumeDegradation.Blur degradation =
                VolumeKeys.blur(blur, source.image(), notices::add);
        final int[] reach = degradation.reach();
        final RestorationTask task =
                new VolumeTask(
                        source, suffix, degradation, noise, Math.max(reach[1], reach[2]), reach[0]);
        task.notices.addAll(notices);
        return task;
    }

    /**
     * {@return a task that makes the slices of every volume finer by a whole factor; {@code kernel}
     * says how the fine slices became a coarse one}
     */
    public static RestorationTask finerSlices(
            PlaneSource source, String suffix, int scale, String kernel, NoiseKeys noise) {
        final List<String> notices = new ArrayList<>();
        final VolumeDegradation degradation =
                VolumeKeys.slices(scale, kernel, source.image(), notices::add);
        final RestorationTask task =
                new VolumeTask(
                        source,
                        suffix,
                        degradation,
                        noise,
                        CONTEXT_OF_COARSE_PIXELS,
                        CONTEXT_OF_COARSE_PIXELS / scale);
        task.notices.addAll(notices);
        return task;
    }

    /**
     * {@return a task that enlarges every plane by a whole factor; {@code kernel} says how the fine
     * pixels became a coarse one}
     */
    public static RestorationTask enlarge(
            PlaneSource source, String suffix, int scale, String kernel, NoiseKeys noise) {
        return new RestorationTask(
                source,
                suffix,
                OperatorKeys.downsampling(scale, kernel),
                noise,
                CONTEXT_OF_COARSE_PIXELS);
    }

    /**
     * {@return a task that fills the missing pixels of every plane}
     *
     * @param missing one of the choices of {@code DeqIR Inpaint...}
     * @param mask for {@code mask image}: its title, or the path of a mask in NumPy's format
     */
    public static RestorationTask inpaint(
            PlaneSource source, String suffix, String missing, String mask, NoiseKeys noise) {
        return new InpaintTask(
                source,
                suffix,
                MissingPixelKeys.of(missing, mask, source),
                !missing.equals("selection"),
                noise);
    }
}
