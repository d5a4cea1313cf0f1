/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import java.awt.image.Raster;
import java.io.File;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Simulation;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * Share of pixels whose truth lies within one and two standard deviations of the restored image,
 * and the correlation of the standard deviation with the error.
 *
 * <p>Arguments: side of the middle part that is used, samples, grey images nearly without noise.
 * The property {@code deqir.coverage.task} restricts the run to one task.
 */
public final class CoverageBenchmark {

    /** Of the brightest pixel. */
    private static final double NOISE = 0.005;

    private static final double NOISE_OF_DENOISING = 0.05;

    private CoverageBenchmark() {}

    public static void main(String... args) throws Exception {
        final int side = Integer.parseInt(args[0]);
        final int samples = Integer.parseInt(args[1]);
        final boolean[] known = new boolean[side * side];
        final SplittableRandom random = new SplittableRandom(70);
        for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() >= 0.7;
        final Downsampling.Kernel mean = Downsampling.Kernel.AVERAGE;
        final Map<String, Degradation> tasks = new LinkedHashMap<>();
        tasks.put("denoise", new Identity());
        tasks.put("deblur 2 px", new GaussianBlur(2));
        tasks.put("super-resolution x2", new Downsampling(2, mean));
        tasks.put("super-resolution x4", new Downsampling(4, mean));
        tasks.put("70 % missing", new MissingPixels(known, side, side));
        final String only = System.getProperty("deqir.coverage.task", "");
        if (!only.isEmpty()) tasks.keySet().retainAll(List.of(only));
        final List<String> files = Arrays.asList(args).subList(2, args.length);
        System.out.println("task,image,within 1 sd,within 2 sd,correlation,rmse,mean sd");
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            for (final var task : tasks.entrySet())
                for (final String file : files)
                    System.out.println(
                            task.getKey()
                                    + ","
                                    + new File(file).getName()
                                    + ","
                                    + row(prior, task.getValue(), middle(file, side), samples));
        }
    }

    private static Plane middle(String file, int side) throws Exception {
        final Raster raster = ImageIO.read(new File(file)).getRaster();
        final float[] part =
                raster.getSamples(
                        (raster.getWidth() - side) / 2,
                        (raster.getHeight() - side) / 2,
                        side,
                        side,
                        0,
                        new float[side * side]);
        return Plane.of(part, side, side);
    }

    private static String row(
            DiffusionPrior prior, Degradation degradation, Plane truth, int samples) {
        float most = 0;
        for (final float level : truth.channels()[0]) most = Math.max(most, level);
        final NoiseModel noise =
                new NoiseModel.Gaussian(
                        most * (degradation instanceof Identity ? NOISE_OF_DENOISING : NOISE));
        final Plane measured = Simulation.measure(truth, degradation, noise, 1);
        final RestorationResult result =
                new Restorer(prior)
                        .restore(
                                measured,
                                new Restoration(
                                        degradation,
                                        noise,
                                        Sampling.DEFAULT.withSamples(samples).withSeed(1)),
                                Progress.NONE);
        return statistics(
                truth.channels()[0],
                result.restored().channels()[0],
                result.standardDeviation().channels()[0]);
    }

    private static String statistics(float[] truth, float[] restored, float[] deviation) {
        final int n = truth.length;
        final double[] error = new double[n];
        int one = 0;
        int two = 0;
        double squares = 0;
        double meanError = 0;
        double meanDeviation = 0;
        for (int i = 0; i < n; i++) {
            error[i] = Math.abs(truth[i] - restored[i]);
            if (error[i] <= deviation[i]) one++;
            if (error[i] <= 2 * deviation[i]) two++;
            squares += error[i] * error[i] / n;
            meanError += error[i] / n;
            meanDeviation += deviation[i] / n;
        }
        double product = 0;
        double varianceOfError = 0;
        double varianceOfDeviation = 0;
        for (int i = 0; i < n; i++) {
            product += (error[i] - meanError) * (deviation[i] - meanDeviation);
            varianceOfError += Math.pow(error[i] - meanError, 2);
            varianceOfDeviation += Math.pow(deviation[i] - meanDeviation, 2);
        }
        return String.format(
                Locale.ROOT,
                "%.3f,%.3f,%.2f,%.4g,%.4g",
                (double) one / n,
                (double) two / n,
                product / Math.sqrt(varianceOfError * varianceOfDeviation),
                Math.sqrt(squares),
                meanDeviation);
    }
}
