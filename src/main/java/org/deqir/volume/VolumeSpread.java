/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.volume;

import org.deqir.image.Smoothing;
import org.deqir.image.Volume;
import org.deqir.restoration.Samples;

/** Mean and spread of samples, which are added one after another. */
final class VolumeSpread {

    private final double[] sum;
    private final double[] squares;
    private Volume first;
    private int count;

    /**
     * @param voxels of each sample
     */
    VolumeSpread(int voxels) {
        sum = new double[voxels];
        squares = new double[voxels];
    }

    void add(Volume sample) {
        if (first == null) first = sample;
        count++;
        for (int i = 0; i < sum.length; i++) {
            // Differences from the first sample: squares of grey levels would cancel.
            final double difference = (double) sample.samples()[i] - first.samples()[i];
            sum[i] += difference;
            squares[i] += difference * difference;
        }
    }

    private float mean(int voxel) {
        return (float) (first.samples()[voxel] + sum[voxel] / count);
    }

    Volume mean() {
        final float[] mean = new float[sum.length];
        for (int i = 0; i < mean.length; i++) mean[i] = mean(i);
        return like(mean);
    }

    /**
     * The standard deviation of a sample, with the squares averaged over neighbouring voxels. A few
     * samples that happen to agree in a voxel do not make it certain.
     *
     * @param centre from which its distances count; null for the samples' mean
     * @param calibration a factor
     */
    Volume deviation(Volume centre, double calibration) {
        final double finite = Samples.finiteSampleFactor(count);
        final float[] squared = new float[sum.length];
        for (int i = 0; i < squared.length; i++) {
            final double variance =
                    Math.max(0, (squares[i] - sum[i] * sum[i] / count) / (count - 1));
            final double off = centre == null ? 0 : mean(i) - centre.samples()[i];
            squared[i] = (float) (finite * finite * variance + off * off);
        }
        final Volume smooth = Smoothing.gaussian(like(squared), Samples.SMOOTHING);
        for (int i = 0; i < squared.length; i++)
            squared[i] = (float) (calibration * Math.sqrt(smooth.samples()[i]));
        return like(squared);
    }

    private Volume like(float[] samples) {
        return new Volume(samples, first.width(), first.height(), first.depth());
    }
}
