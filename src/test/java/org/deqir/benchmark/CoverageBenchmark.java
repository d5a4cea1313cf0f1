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
import java.util.Random;
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
import org.deqir.physics.degradation.WalshHadamardSensing;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * Share of pixels whose truth lies within one and two standard deviations of the restored image,
 * and the correlation of the standard deviation with the error: for crops of images, and their
 * mean, for each task.
 *
 * <p>Arguments: side of the middle part that is used, samples, images: grey ones nearly without
 * noise, or {@code drawn:SEED} for one drawn here. Of {@code FILE:K} means over K × K pixels are
 * taken. {@code FILE@SD} or {@code FILE:K@SD} is an image whose own noise has this standard
 * deviation then, which the restoration is not charged with. The property {@code
 * deqir.coverage.task} restricts the run to tasks, separated by commas.
 */
public final class CoverageBenchmark {

    /** Of the brightest pixel. */
    private static final double NOISE = 0.005;

    private static final double NOISE_OF_DENOISING = 0.05;

    private static final double PHOTONS = 100;
    private static final double GAIN = 2;
    private static final double OFFSET = 100;
    private static final double READOUT = 3;

    private CoverageBenchmark() {}

    private record Truth(String name, Plane plane, double ownNoise) {}

    /** One number for each column of the table. */
    private record Row(double... numbers) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%.3f,%.3f,%.2f,%.4g,%.4g",
                    Arrays.stream(numbers).boxed().toArray());
        }
    }

    public static void main(String... args) throws Exception {
        final int side = Integer.parseInt(args[0]);
        final int samples = Integer.parseInt(args[1]);
        final String only = System.getProperty("deqir.coverage.task", "");
        final List<String> tasks =
                only.isEmpty() ? List.copyOf(tasks(side).keySet()) : List.of(only.split(","));
        System.out.println("task,image,within 1 sd,within 2 sd,correlation,rmse,mean sd");
        try (DiffusionPrior prior =
                new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32)) {
            for (final String task : tasks) {
                final double[] mean = new double[5];
                final List<String> images = Arrays.asList(args).subList(2, args.length);
                for (final String image : images) {
                    final Truth truth = truth(image, side);
                    final Row row = row(prior, task, truth, side, samples);
                    System.out.println(task + "," + truth.name() + "," + row);
                    for (int i = 0; i < mean.length; i++)
                        mean[i] += row.numbers()[i] / images.size();
                }
                System.out.println(task + ",mean of " + images.size() + "," + new Row(mean));
            }
        }
    }

    private static Map<String, Degradation> tasks(int side) {
        final boolean[] known = new boolean[side * side];
        final SplittableRandom random = new SplittableRandom(70);
        for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() >= 0.7;
        final Downsampling.Kernel mean = Downsampling.Kernel.AVERAGE;
        final Map<String, Degradation> tasks = new LinkedHashMap<>();
        tasks.put("denoise", new Identity());
        tasks.put("denoise photons", new Identity());
        tasks.put("deblur 2 px", new GaussianBlur(2));
        tasks.put("super-resolution x2", new Downsampling(2, mean));
        tasks.put("super-resolution x4", new Downsampling(4, mean));
        tasks.put("70 % missing", new MissingPixels(known, side, side));
        tasks.put("holes", new MissingPixels(holes(side), side, side));
        tasks.put("sensing 25 %", new WalshHadamardSensing(0.25, 1));
        return tasks;
    }

    /** Known pixels between scratches of two pixels and discs of up to five pixels' radius. */
    private static boolean[] holes(int side) {
        final SplittableRandom random = new SplittableRandom(7);
        final boolean[] known = new boolean[side * side];
        Arrays.fill(known, true);
        for (int n = 0; n < side / 12; n++) {
            final double x = random.nextDouble() * side;
            final double y = random.nextDouble() * side;
            final double turn = Math.PI * random.nextDouble();
            final double radius = 2 + 3 * random.nextDouble();
            for (int i = 0; i < known.length; i++) {
                final double right = i % side - x;
                final double down = i / side - y;
                final double across = right * Math.sin(turn) - down * Math.cos(turn);
                final boolean scratched = n % 2 == 0 && Math.abs(across) < 1;
                if (scratched || n % 2 == 1 && Math.hypot(right, down) < radius) known[i] = false;
            }
        }
        return known;
    }

    private static Truth truth(String image, int side) throws Exception {
        if (image.startsWith("drawn:"))
            return new Truth(image, drawn(side, Long.parseLong(image.substring(6))), 0);
        final String[] noise = image.split("@");
        final String[] blocks = noise[0].split(":");
        final File file = new File(blocks[0]);
        return new Truth(
                file.getName(),
                middle(file, side, blocks.length > 1 ? Integer.parseInt(blocks[1]) : 1),
                noise.length > 1 ? Double.parseDouble(noise[1]) : 0);
    }

    private static Plane middle(File file, int side, int block) throws Exception {
        final Raster raster = ImageIO.read(file).getRaster();
        final int left = (raster.getWidth() - side * block) / 2;
        final int top = (raster.getHeight() - side * block) / 2;
        final float[] part = new float[side * side];
        for (int i = 0; i < side * block * side * block; i++) {
            final int x = i % (side * block);
            final int y = i / (side * block);
            part[y / block * side + x / block] +=
                    raster.getSampleFloat(left + x, top + y, 0) / (block * block);
        }
        return Plane.of(part, side, side);
    }

    /** Cells with edges of different sharpness, filaments and spots. */
    private static Plane drawn(int side, long seed) {
        final Random random = new Random(seed);
        final float[] levels = new float[side * side];
        Arrays.fill(levels, 20);
        for (int n = 0; n < side * side / 1500; n++) cell(levels, side, random);
        for (int n = 0; n < side * side / 1200; n++) {
            double x = random.nextDouble() * side;
            double y = random.nextDouble() * side;
            double turn = 2 * Math.PI * random.nextDouble();
            final double level = 10 + 20 * random.nextDouble();
            for (int k = 0; k < 60; k++) {
                turn += 0.15 * random.nextGaussian();
                x += 0.7 * Math.cos(turn);
                y += 0.7 * Math.sin(turn);
                spot(levels, side, x, y, level, 1);
            }
        }
        for (int n = 0; n < side * side / 600; n++)
            spot(
                    levels,
                    side,
                    random.nextDouble() * side,
                    random.nextDouble() * side,
                    30 + 120 * random.nextDouble(),
                    0.8 + 0.8 * random.nextDouble());
        return Plane.of(levels, side, side);
    }

    private static void cell(float[] levels, int side, Random random) {
        final double x = random.nextDouble() * side;
        final double y = random.nextDouble() * side;
        final double a = 4 + 10 * random.nextDouble();
        final double b = 4 + 10 * random.nextDouble();
        final double turn = Math.PI * random.nextDouble();
        final double level = 30 + 80 * random.nextDouble();
        final double edge = 0.5 + 1.5 * random.nextDouble();
        for (int i = 0; i < levels.length; i++) {
            final double right = i % side - x;
            final double down = i / side - y;
            final double u = right * Math.cos(turn) + down * Math.sin(turn);
            final double v = down * Math.cos(turn) - right * Math.sin(turn);
            final double outside = (Math.hypot(u / a, v / b) - 1) * Math.min(a, b);
            levels[i] += (float) (level / (1 + Math.exp(2 * outside / edge)));
        }
    }

    private static void spot(
            float[] levels, int side, double x, double y, double level, double sd) {
        for (int i = 0; i < levels.length; i++) {
            final double squared = Math.pow(i % side - x, 2) + Math.pow(i / side - y, 2);
            levels[i] += (float) (level * Math.exp(-squared / (2 * sd * sd)));
        }
    }

    private static Row row(DiffusionPrior prior, String task, Truth truth, int side, int samples) {
        final Degradation degradation = tasks(side).get(task);
        float most = 0;
        for (final float level : truth.plane().channels()[0]) most = Math.max(most, level);
        Plane image = truth.plane();
        double ownNoise = truth.ownNoise();
        NoiseModel noise =
                new NoiseModel.Gaussian(
                        most * (degradation instanceof Identity ? NOISE_OF_DENOISING : NOISE));
        if (task.endsWith("photons")) {
            noise = new NoiseModel.PoissonGaussian(GAIN, OFFSET, READOUT);
            final float[] levels = image.channels()[0].clone();
            for (int i = 0; i < levels.length; i++)
                levels[i] = (float) (OFFSET + GAIN * PHOTONS * levels[i] / most);
            image = Plane.of(levels, side, side);
            ownNoise *= GAIN * PHOTONS / most;
        }
        final Plane measured = Simulation.measure(image, degradation, noise, 1);
        final NoiseModel stated =
                task.endsWith("photons")
                        ? NoiseEstimator.estimate(measured.channels()[0], side, side).model()
                        : noise;
        final RestorationResult result =
                new Restorer(prior)
                        .restore(
                                measured,
                                new Restoration(
                                        degradation,
                                        stated,
                                        Sampling.DEFAULT.withSamples(samples).withSeed(1)),
                                Progress.NONE);
        return statistics(
                image.channels()[0],
                result.restored().channels()[0],
                result.standardDeviation().channels()[0],
                ownNoise);
    }

    /** Noise of the truth adds to the error that is to be expected. */
    private static Row statistics(
            float[] truth, float[] restored, float[] deviation, double ownNoise) {
        int n = 0;
        int one = 0;
        int two = 0;
        double squares = 0;
        double e = 0;
        double s = 0;
        double es = 0;
        double ss = 0;
        for (int i = 0; i < truth.length; i++) {
            final double error = Math.abs(truth[i] - restored[i]);
            final double sd = Math.hypot(deviation[i], ownNoise);
            n++;
            if (error <= sd) one++;
            if (error <= 2 * sd) two++;
            squares += error * error;
            e += error;
            s += sd;
            es += error * sd;
            ss += sd * sd;
        }
        return new Row(
                (double) one / n,
                (double) two / n,
                (es - e * s / n) / Math.sqrt((squares - e * e / n) * (ss - s * s / n)),
                Math.sqrt(squares / n),
                s / n);
    }
}
