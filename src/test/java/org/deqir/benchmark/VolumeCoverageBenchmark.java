/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import ij.ImagePlus;
import ij.io.Opener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.deqir.Sampling;
import org.deqir.VolumeRestorer;
import org.deqir.VolumeResult;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Volume;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.optics.PsfStack;
import org.deqir.progress.Progress;

/**
 * Share of voxels whose truth lies within one and two standard deviations of a deblurred volume,
 * for the middle of the volumes that are kept beside this checkout, and their mean.
 *
 * <p>Arguments: slices, rows and columns of the middle, and samples (16 32 32 6). The property
 * {@code deqir.coverage.volumes} restricts the run to volumes, separated by commas.
 */
public final class VolumeCoverageBenchmark {

    private static final Path DATA = Path.of("../shared/data/volumes");

    /** Grey level of the truths' 0: the camera's offset and the light of the background. */
    private static final double DARK = 102;

    private static final NoiseModel CAMERA = new NoiseModel.PoissonGaussian(1, 100, 1.6);

    private VolumeCoverageBenchmark() {}

    public static void main(String... args) throws Exception {
        final int[] size = new int[3];
        for (int axis = 0; axis < 3; axis++) size[axis] = Integer.parseInt(args[axis]);
        final int samples = Integer.parseInt(args[3]);
        final JsonObject volumes =
                JsonParser.parseString(Files.readString(DATA.resolve("deconvolve.json")))
                        .getAsJsonObject();
        final String only = System.getProperty("deqir.coverage.volumes", "");
        final List<String> names =
                only.isEmpty() ? List.copyOf(volumes.keySet()) : List.of(only.split(","));
        System.out.println("volume,within 1 sd,within 2 sd");
        double one = 0;
        double two = 0;
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            for (final String name : names) {
                final double scale =
                        volumes.getAsJsonObject(name).get("counts_per_unit").getAsDouble();
                final double[] shares =
                        shares(new VolumeRestorer(prior), name, scale, size, samples);
                print(name, shares[0], shares[1]);
                one += shares[0] / names.size();
                two += shares[1] / names.size();
            }
        }
        print("mean of " + names.size(), one, two);
    }

    private static void print(String name, double one, double two) {
        System.out.println(String.format(Locale.ROOT, "%s,%.3f,%.3f", name, one, two));
    }

    private static double[] shares(
            VolumeRestorer restorer, String name, double scale, int[] size, int samples) {
        final String kind = name.contains("-wf-") ? "wf" : "conf";
        final Volume measured = middle(read("deconvolve/" + name), size);
        final Volume truth = middle(read("truth/" + name.split("-(conf|wf)-")[0]), size);
        final Volume psf = read("psf/" + kind);
        final PsfStack fitting =
                PsfStack.ofMeasured(psf.samples(), psf.width(), psf.height(), psf.depth())
                        .cropped(2 * size[2] - 1, 2 * size[1] - 1, 2 * size[0] - 1);
        final VolumeResult result =
                restorer.restore(
                        measured,
                        new VolumeDegradation.Blur(fitting),
                        CAMERA,
                        Sampling.DEFAULT.withSamples(samples),
                        Progress.NONE);
        final double[] shares = new double[2];
        for (int i = 0; i < truth.size(); i++) {
            final double error =
                    Math.abs(DARK + scale * truth.samples()[i] - result.restored().samples()[i]);
            final double deviation = result.standardDeviation().samples()[i];
            for (int k = 0; k < 2; k++)
                if (error <= (k + 1) * deviation) shares[k] += 1.0 / truth.size();
        }
        return shares;
    }

    private static Volume read(String name) {
        final ImagePlus image = new Opener().openImage(DATA.resolve(name + ".tif").toString());
        final int plane = image.getWidth() * image.getHeight();
        final float[] samples = new float[plane * image.getStackSize()];
        for (int z = 0; z < image.getStackSize(); z++)
            System.arraycopy(
                    image.getStack().getProcessor(z + 1).convertToFloat().getPixels(),
                    0,
                    samples,
                    z * plane,
                    plane);
        return new Volume(samples, image.getWidth(), image.getHeight(), image.getStackSize());
    }

    private static Volume middle(Volume volume, int... size) {
        final int before = (volume.depth() - size[0]) / 2;
        final int above = (volume.height() - size[1]) / 2;
        final int left = (volume.width() - size[2]) / 2;
        final float[] samples = new float[size[0] * size[1] * size[2]];
        for (int z = 0; z < size[0]; z++)
            for (int y = 0; y < size[1]; y++)
                System.arraycopy(
                        volume.slice(before + z),
                        (above + y) * volume.width() + left,
                        samples,
                        (z * size[1] + y) * size[2],
                        size[2]);
        return new Volume(samples, size[2], size[1], size[0]);
    }
}
