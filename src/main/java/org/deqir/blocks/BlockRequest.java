/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.nio.file.Path;
import org.deqir.Sampling;
import org.deqir.model.store.InstalledModel;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;

/**
 * What to plan.
 *
 * @param input an OME-Zarr image
 * @param output a folder that does not exist yet
 * @param task what to restore
 * @param model the prior
 * @param precision number format of the network
 * @param part which part of the input; null for all of it
 * @param block edge of a block in samples of the output; 0 for what is usual
 * @param halo samples of the input around a block; negative for what is usual
 * @param zarr version of the output, 2 or 3; 0 for that of the input
 * @param cores processor cores for each block
 */
public record BlockRequest(
        Path input,
        Path output,
        Task task,
        InstalledModel model,
        Precision precision,
        Part part,
        int block,
        int halo,
        int zarr,
        int cores) {

    /**
     * What to restore and how.
     *
     * @param command as in the menu
     * @param keys as in a macro
     * @param version of the program
     * @param degradation what happened to every plane; null where missing pixels are filled or
     *     volumes restored
     * @param volume what happened to every volume; null where planes are restored
     * @param missing what marks missing pixels; null where a degradation is stated
     * @param noise null to estimate it
     * @param sampling how to compute the answer
     */
    public record Task(
            String command,
            String keys,
            String version,
            Degradation degradation,
            VolumeDegradation volume,
            MissingRule.Kind missing,
            NoiseModel noise,
            Sampling sampling) {}

    /**
     * A part of an image, from 0 on; where an axis is absent it does not count.
     *
     * @param channels first and last
     * @param slices first and last
     * @param frames first and last
     * @param rectangle x, y, width and height in pixels
     */
    public record Part(long[] channels, long[] slices, long[] frames, long[] rectangle) {}
}
