/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.benchmark;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.OperatingSystemMXBean;
import ij.IJ;
import ij.ImagePlus;
import ij.process.FloatProcessor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.deqir.ChainOptions;
import org.deqir.ChainOptionsBuilder;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityRange;
import org.deqir.image.Plane;
import org.deqir.metrics.PeakSignalToNoiseRatio;
import org.deqir.model.store.ModelStore;
import org.deqir.network.PrecisionProbe;
import org.deqir.network.layout.Precision;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.Npz;
import org.junit.jupiter.api.Test;

/**
 * The published method and the default one on what the authors' code was run on: average pooling ×4
 * without noise, in float32 and where it is fast in bfloat16. Reads the {@code .npz} files of the
 * folder {@code -Ddeqir.reference}, which hold {@code truth}, {@code y} and {@code
 * reference_anderson} in [−1, 1] and the {@code seconds} of the authors' code; the page on the
 * published method has the commands. Times are those of the processor, so that other processes do
 * not count. Writes the images beside the files.
 */
class PublishedBenchmark {

    private static final int SCALE = 4;

    @Test
    void besideTheReference() throws IOException {
        final String folder = System.getProperty("deqir.reference");
        assumeTrue(folder != null, "-Ddeqir.reference is not given");
        for (Precision precision : Precision.values())
            if (precision == Precision.FLOAT32 || PrecisionProbe.fastest() == precision)
                run(Path.of(folder), precision);
    }

    private static void run(Path folder, Precision precision) throws IOException {
        try (DiffusionPrior prior =
                        new ModelStore(List.of()).find("microscopy-gray").load(precision);
                Stream<Path> files = Files.list(folder)) {
            final Restorer restorer = new Restorer(prior);
            boolean first = true;
            for (final Path file :
                    files.filter(file -> file.toString().endsWith(".npz")).sorted().toList()) {
                final Npz arrays = Npz.read(file);
                final Plane truth = plane(arrays.floats("truth"));
                final Plane measured = plane(arrays.floats("y"));
                // The first calls of a process are slower.
                if (first) restore(restorer, measured, published().withIterations(3));
                first = false;
                final Timed published = restore(restorer, measured, published());
                final Timed fidelity = restore(restorer, measured, Sampling.DEFAULT);
                final double reference = arrays.doubles("seconds")[0];
                System.out.printf(
                        Locale.ROOT,
                        "%s %s: reference %.1f s %.2f dB; published %.1f s %.2f dB %d evaluations;"
                                + " fidelity %.2f s %.2f dB %d evaluations; %.2f times as fast%n",
                        file.getFileName(),
                        precision,
                        reference,
                        psnr(truth, plane(arrays.floats("reference_anderson"))),
                        published.seconds(),
                        psnr(truth, published.result().restored()),
                        published.result().report().evaluations(),
                        fidelity.seconds(),
                        psnr(truth, fidelity.result().restored()),
                        fidelity.result().report().evaluations(),
                        reference / published.seconds());
                final String key = "published." + file.getFileName() + "." + precision + ".";
                BenchmarkResults.put(key + "times_as_fast", reference / published.seconds());
                BenchmarkResults.put(key + "psnr", psnr(truth, published.result().restored()));
                if (precision == Precision.FLOAT32) {
                    save(file, "published", published);
                    save(file, "fidelity", fidelity);
                }
            }
        }
    }

    private static Sampling published() {
        return Sampling.DEFAULT.of(
                Sampling.Mode.PUBLISHED,
                Sampling.SolverChoice.AUTO,
                ChainOptionsBuilder.builder(ChainOptions.NONE)
                        .range(new IntensityRange(0, 1))
                        .build());
    }

    private record Timed(RestorationResult result, double seconds) {}

    private static Timed restore(Restorer restorer, Plane measured, Sampling sampling) {
        final long began = cpuTime();
        final RestorationResult result =
                restorer.restore(
                        measured,
                        new Restoration(
                                new Downsampling(SCALE, Downsampling.Kernel.AVERAGE),
                                new NoiseModel.None(),
                                sampling),
                        Progress.NONE);
        return new Timed(result, (cpuTime() - began) * 1e-9);
    }

    private static long cpuTime() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private static double psnr(Plane truth, Plane restored) {
        return PeakSignalToNoiseRatio.ofClipped(truth.channels()[0], restored.channels()[0], 1);
    }

    private static void save(Path file, String name, Timed timed) {
        final Plane plane = timed.result().restored();
        IJ.saveAsTiff(
                new ImagePlus(
                        name,
                        new FloatProcessor(
                                plane.width(), plane.height(), plane.channels()[0].clone())),
                file.toString().replace(".npz", "-" + name + ".tif"));
    }

    /** A square image from [−1, 1] in [0, 1]. */
    private static Plane plane(float[] values) {
        final int side = (int) Math.round(Math.sqrt(values.length));
        final float[] levels = new float[values.length];
        for (int i = 0; i < levels.length; i++) levels[i] = (values[i] + 1) / 2;
        return Plane.of(levels, side, side);
    }
}
