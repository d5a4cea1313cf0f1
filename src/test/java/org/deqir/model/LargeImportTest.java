/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.OperatingSystemMXBean;
import ij.ImagePlus;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.deqir.command.SmootherService;
import org.deqir.model.importing.ImportSettings;
import org.deqir.model.importing.ModelImport;
import org.deqir.model.importing.ModelImport.Imported;
import org.deqir.model.store.ModelStore;
import org.deqir.network.NetworkFixtures;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.TensorInfo;
import org.deqir.network.layout.DdpmUNet;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.progress.Progress;
import org.deqir.testing.JavaProcess;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.RandomCheckpoint;
import org.deqir.testing.TorchFile;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Imports a file with the names and shapes of guided-diffusion's 256x256_diffusion_uncond.pt: 552
 * million weights, 2.2 GB, in a Java with 512 MB of heap. Takes some minutes, 5 GB of disk and 4 GB
 * of memory: {@code mvn test -Dtest=LargeImportTest -Ddeqir.large=true}. Restores with it and with
 * SDEdit's layout for faces as well, in {@code -Ddeqir.large.steps} timesteps (2 unless told), one
 * after the other.
 */
@Tag("slow")
class LargeImportTest {

    private static final long PARAMETERS = 552_814_086;

    @Test
    @EnabledIfSystemProperty(named = "deqir.large", matches = "true")
    void importsTheLargestPublishedNetwork(@TempDir Path folder) throws Exception {
        final Process import512 =
                JavaProcess.of(List.of("-Xmx512m"), LargeImportTest.class, folder.toString())
                        .inheritIO()
                        .start();
        assertTrue(import512.waitFor(60, TimeUnit.MINUTES));
        assertEquals(0, import512.exitValue());
        final ModelDescriptor model =
                new ModelStore(List.of(folder.resolve("models"))).find("large").descriptor();
        assertEquals(NetworkFixtures.PUBLISHED, model.architecture());
        assertEquals(ScheduleDescription.USUAL, model.schedule());
    }

    /** Runs in a Java of its own, whose memory is told; with the tests' output to read. */
    @ParameterizedTest
    @ValueSource(strings = {"256x256_diffusion_uncond.pt", "celeba_hq.ckpt"})
    @EnabledIfSystemProperty(named = "deqir.large", matches = "true")
    void restoresAnRgbImageByMacro(String name, @TempDir Path folder) throws Exception {
        final Process macro =
                JavaProcess.of(
                                List.of("-Xmx1g", "-Djava.awt.headless=true"),
                                ByMacro.class,
                                folder.toString(),
                                name,
                                System.getProperty("deqir.large.steps", "2"))
                        .inheritIO()
                        .start();
        assertTrue(macro.waitFor(120, TimeUnit.MINUTES));
        assertEquals(0, macro.exitValue());
    }

    /** Imports a file with the names and shapes of a published one and restores with it. */
    static final class ByMacro {

        private static final NetworkArchitecture CELEBA =
                new DdpmUNet(3, 128, 3, 2, List.of(16), List.of(1, 1, 2, 2, 4, 4), true, 256);

        private ByMacro() {}

        /** Prints seconds and the largest resident memory of both macros. */
        public static void main(String[] arguments) throws IOException {
            final Path folder = Path.of(arguments[0]);
            final Path file = folder.resolve(arguments[1]);
            TorchFile.write(
                    file,
                    new QuickCheckpoint(
                            arguments[1].endsWith(".pt") ? NetworkFixtures.PUBLISHED : CELEBA));
            SmootherService.modelsIn(folder.resolve("models"));
            run(
                    arguments[1] + " import",
                    "run('DeqIR Import Model...', 'file=["
                            + file
                            + "] name=large precision=float16');");
            final ImagePlus restored =
                    run(
                                    arguments[1] + " restoration",
                                    "newImage('coarse', 'RGB ramp', 64, 64, 1);"
                                            + "run('DeqIR Super-Resolution...', 'scale=4 mode=published"
                                            + " steps="
                                            + arguments[2]
                                            + " solver=sequential precision=float32"
                                            + " model=large');")
                            .image("coarse-x4");
            if (restored.getWidth() != 256 || restored.getType() != ImagePlus.COLOR_RGB)
                throw new IllegalStateException(restored.toString());
            System.out.println(restored.getProperty("Info"));
            System.exit(0);
        }

        private static MacroRunner.Result run(String what, String macro) throws IOException {
            final Path memory = Path.of("/proc/self/clear_refs");
            if (Files.isWritable(memory)) Files.writeString(memory, "5"); // of the peak
            final long began = System.nanoTime();
            final MacroRunner.Result result = MacroRunner.run(macro).succeeded();
            final double seconds = (System.nanoTime() - began) * 1e-9;
            final Path status = Path.of("/proc/self/status");
            System.out.printf(
                    Locale.ROOT,
                    "%s: %.0f s, of the processor since the beginning %.0f s, %s%n",
                    what,
                    seconds,
                    ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                                    .getProcessCpuTime()
                            * 1e-9,
                    Files.exists(status)
                            ? Files.readAllLines(status).stream()
                                    .filter(line -> line.startsWith("VmHWM"))
                                    .findFirst()
                                    .orElse("")
                            : "");
            return result;
        }
    }

    /** Random weights like {@link RandomCheckpoint}'s, but made of few numbers, which is faster. */
    private static final class QuickCheckpoint implements Checkpoint {

        private static final int PERIOD = 1_000_003;

        private final Checkpoint shapes;
        private final float[] noise = new float[PERIOD];

        QuickCheckpoint(NetworkArchitecture architecture) {
            shapes = new RandomCheckpoint("", architecture);
            final Random random = new Random(1);
            for (int i = 0; i < PERIOD; i++) noise[i] = (float) random.nextGaussian();
        }

        @Override
        public Map<String, TensorInfo> tensors() {
            return shapes.tensors();
        }

        @Override
        public float[] read(String name) {
            final long[] shape = tensors().get(name).shape().getShape();
            final float[] values = new float[(int) tensors().get(name).elements()];
            final boolean vector = shape.length == 1;
            final float scale =
                    vector ? 0.1f : (float) Math.sqrt((double) shape[0] / values.length);
            final float mean = vector && name.endsWith(".weight") ? 1 : 0;
            int at = Math.floorMod(name.hashCode(), PERIOD);
            for (int i = 0; i < values.length; i++) {
                values[i] = mean + scale * noise[at];
                if (++at == PERIOD) at = 0;
            }
            return values;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    /**
     * Makes the file, imports it, and prints how long that took and how much heap.
     *
     * @param arguments an empty folder; optionally the format of the weights
     */
    public static void main(String[] arguments) throws IOException {
        final Path folder = Path.of(arguments[0]);
        final Path file = folder.resolve("256x256_diffusion_uncond.pt");
        final Checkpoint checkpoint = new QuickCheckpoint(NetworkFixtures.PUBLISHED);
        final long parameters =
                checkpoint.tensors().values().stream().mapToLong(TensorInfo::elements).sum();
        if (parameters != PARAMETERS) throw new IllegalStateException(parameters + " parameters");
        TorchFile.write(file, checkpoint);
        final AtomicLong peak = new AtomicLong();
        final Thread watch =
                new Thread(
                        () -> {
                            while (true) {
                                final long used =
                                        ManagementFactory.getMemoryMXBean()
                                                .getHeapMemoryUsage()
                                                .getUsed();
                                peak.accumulateAndGet(used, Math::max);
                                try {
                                    Thread.sleep(5);
                                } catch (InterruptedException e) {
                                    return;
                                }
                            }
                        });
        watch.setDaemon(true);
        System.gc();
        watch.start();
        final long start = System.nanoTime();
        final ElementType type =
                arguments.length > 1 ? ElementType.valueOf(arguments[1]) : ElementType.FLOAT32;
        final Imported imported =
                ModelImport.run(
                        new ModelStore(List.of(folder.resolve("models"))),
                        file,
                        "large",
                        ImportSettings.UNKNOWN.withType(type),
                        new Progress() {
                            private String last = "";

                            @Override
                            public void update(String stage, double fraction) {
                                if (stage.equals(last)) return;
                                last = stage;
                                System.out.printf(
                                        Locale.ROOT,
                                        "%6.1f s %s%n",
                                        (System.nanoTime() - start) * 1e-9,
                                        stage);
                            }

                            @Override
                            public boolean isCanceled() {
                                return false;
                            }
                        });
        System.out.printf(
                Locale.ROOT,
                "%d parameters, %d bytes: imported in %.0f s, peak heap %d MB of %d MB%n%s%n",
                parameters,
                Files.size(file),
                (System.nanoTime() - start) * 1e-9,
                peak.get() >> 20,
                Runtime.getRuntime().maxMemory() >> 20,
                imported.notes());
    }
}
