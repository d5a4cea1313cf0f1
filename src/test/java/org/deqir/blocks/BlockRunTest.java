/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.deqir.Sampling;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.blocks.zarr.SampleType;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.model.store.InstalledModel;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Border;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.testing.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans are run in blocks, interrupted, damaged, and compared with the whole. */
class BlockRunTest {

    private static final int BLOCK = 64;
    private static final int HALO = 32;
    private static final double SIGMA = 12;

    @TempDir static Path models;
    @TempDir Path folder;

    /** A small network of random weights: what it makes of an image only has to be the same. */
    private InstalledModel model = tiny();

    private static InstalledModel tiny() {
        return TinyModel.in(models);
    }

    private static BlockRequest.Task denoise(NoiseModel noise) {
        return new BlockRequest.Task(
                "DeqIR Denoise...",
                "",
                "test",
                new Identity(),
                null,
                null,
                noise,
                Sampling.DEFAULT.withSeed(1).withBinning(1));
    }

    private BlockRequest request(Path input, String output, BlockRequest.Task task)
            throws IOException {
        return new BlockRequest(
                input,
                folder.resolve(output),
                task,
                model,
                Precision.FLOAT32,
                null,
                BLOCK,
                HALO,
                0,
                1);
    }

    private BlockOutput planned(Path input, String output, BlockRequest.Task task)
            throws IOException {
        BlockPlanner.plan(request(input, output, task), true, Progress.NONE);
        return BlockOutput.open(folder.resolve(output));
    }

    private static BlockRun.Summary run(BlockOutput output, int threads, Progress progress)
            throws IOException {
        try (BlockWorker worker = BlockWorker.of(output.folder())) {
            return new BlockRun(output).run(new LocalEngine(worker, threads), progress);
        }
    }

    private Path noisyCells(int width, int height, int channels) throws IOException {
        final Plane[] planes = new Plane[channels];
        Arrays.setAll(
                planes, c -> ZarrImages.noisy(ZarrImages.cells(width, height, c), SIGMA, 7 + c));
        return ZarrImages.write(folder.resolve("in.ome.zarr"), SampleType.FLOAT32, planes);
    }

    @Test
    void threadsMakeNoDifferenceAndOutputsAreVerified() throws IOException {
        final Path input = noisyCells(150, 100, 2);
        final BlockRequest.Task task = denoise(new NoiseModel.Gaussian(SIGMA));
        final BlockOutput one = planned(input, "one.ome.zarr", task);
        final BlockRun.Summary summary = run(one, 1, Progress.NONE);
        assertEquals(12 + 2 * 2 + 2, summary.done());
        assertTrue(summary.isComplete());
        final BlockOutput two = planned(input, "two.ome.zarr", task);
        run(two, 2, Progress.NONE);
        assertEquals(ZarrImages.contents(one.folder()), ZarrImages.contents(two.folder()));
        assertEquals(List.of(), new BlockRun(two).verify(Progress.NONE));
        final OmeImage image = OmeImage.open(two.folder());
        assertEquals(
                List.of("c", "y", "x"), image.axes().stream().map(OmeImage.Axis::name).toList());
        assertEquals(0.1, image.levels().get(0).scale()[2]);
        assertTrue(new BlockRun(two).status().isComplete());
    }

    @Test
    void anInterruptedRunGoesOnWhereItStopped() throws IOException {
        final Path input = noisyCells(200, 64, 1);
        final BlockOutput output =
                planned(input, "out.ome.zarr", denoise(new NoiseModel.Gaussian(SIGMA)));
        final int[] told = {0};
        final BlockRun.Summary first =
                run(
                        output,
                        1,
                        new Progress() {
                            @Override
                            public void update(String stage, double fraction) {
                                told[0]++;
                            }

                            @Override
                            public boolean isCanceled() {
                                return told[0] >= 2;
                            }
                        });
        assertEquals(2, first.done());
        assertFalse(first.isComplete());
        assertFalse(new BlockRun(output).verify(Progress.NONE).isEmpty());
        // What kill -9 leaves: a part of a file, and half a line in the log.
        final Path next = output.file(new Block(0, 2));
        Files.write(next.resolveSibling("." + next.getFileName() + ".1.part"), new byte[10]);
        try (Stream<Path> logs = Files.list(output.logs())) {
            final Path log = logs.filter(f -> f.toFile().length() > 0).findFirst().orElseThrow();
            final String text = Files.readString(log);
            Files.writeString(log, text + text.substring(0, 30));
        }
        final BlockRun.Summary second = run(output, 1, Progress.NONE);
        assertEquals(2, second.skipped());
        assertTrue(second.isComplete());
        assertEquals(0, run(output, 1, Progress.NONE).done());
        try (Stream<Path> files = Files.walk(output.folder())) {
            assertEquals(List.of(), files.filter(f -> f.toString().endsWith(".part")).toList());
        }
        // A file that is damaged is named, and made again once it is deleted.
        final byte[] bytes = Files.readAllBytes(next);
        bytes[bytes.length / 2] ^= 1;
        Files.write(next, bytes);
        final List<String> problems = new BlockRun(output).verify(Progress.NONE);
        assertEquals(1, problems.size());
        assertTrue(problems.get(0).contains(next.toString()), problems.get(0));
        Files.delete(next);
        assertEquals(1, run(output, 1, Progress.NONE).done());
        assertEquals(List.of(), new BlockRun(output).verify(Progress.NONE));
    }

    /** A network that fails at its first calls. */
    private static final class Failing extends ForwardingNoisePredictor {

        private final int failures;
        private int calls;

        Failing(NoisePredictor network, int failures) {
            super(network);
            this.failures = failures;
        }

        @Override
        public NDArray predict(NDArray x, double[] timesteps) {
            if (calls++ < failures) throw new IllegalStateException("the network is away");
            return network.predict(x, timesteps);
        }
    }

    @Test
    void aBlockThatFailsIsTriedAgainThenListed() throws IOException {
        final Path input = noisyCells(150, 64, 1);
        final BlockRequest.Task task = denoise(new NoiseModel.Gaussian(SIGMA));
        final BlockOutput output = planned(input, "out.ome.zarr", task);
        final DiffusionPrior prior = output.model().load(Precision.FLOAT32);
        try {
            final Failing always = new Failing(prior.predictor(), Integer.MAX_VALUE);
            final BlockRun.Summary failed = run(output, prior, always);
            assertEquals(3 * 3, always.calls);
            assertEquals(0, failed.done());
            assertEquals(3, failed.failed().size());
            assertFalse(failed.isComplete());
            assertTrue(
                    failed.lines().get(0).contains("failed: the network is away"),
                    failed.lines().toString());
            assertEquals(0, new BlockRun(output).status().done().get(0));
            final BlockRun.Summary again = run(output, prior, new Failing(prior.predictor(), 2));
            assertTrue(again.isComplete(), again.lines().toString());
            assertEquals(0, again.skipped());
            assertEquals(List.of(), new BlockRun(output).verify(Progress.NONE));
        } finally {
            prior.close();
        }
    }

    private static BlockRun.Summary run(
            BlockOutput output, DiffusionPrior prior, NoisePredictor network) throws IOException {
        try (BlockWorker worker =
                new BlockWorker(
                        output,
                        new DiffusionPrior(
                                prior.name(), prior.sha256(), network, prior.schedule()))) {
            return new BlockRun(output).run(new LocalEngine(worker, 1), Progress.NONE);
        }
    }

    @Test
    void badInputAndOutputAreToldInASentence() throws IOException {
        final Path input = noisyCells(200, 64, 1);
        final BlockRequest.Task task = denoise(new NoiseModel.Gaussian(SIGMA));
        final BlockOutput output = planned(input, "out.ome.zarr", task);
        // damaged, then missing
        final Path chunk = OmeImage.open(input).array(0).path(new long[] {0, 0, 1});
        final byte[] bytes = Files.readAllBytes(chunk);
        Files.write(chunk, Arrays.copyOf(bytes, bytes.length / 2));
        final BlockRun.Summary damaged = run(output, 1, Progress.NONE);
        assertEquals(3, damaged.failed().size());
        assertTrue(damaged.failed().get(0).failure().contains(chunk.toString()));
        assertEquals(1, damaged.done());
        Files.delete(chunk);
        final BlockRun.Summary missing = run(output, 1, Progress.NONE);
        assertTrue(missing.isComplete());
        assertEquals(3, missing.missingFiles());
        // an output where nothing can be written
        final BlockOutput closed = planned(input, "closed.ome.zarr", task);
        Files.write(closed.image().folder().resolve("0").resolve("0"), new byte[1]);
        final BlockRun.Summary none = run(closed, 1, Progress.NONE);
        assertEquals(0, none.done());
        assertEquals(1, none.failed().size());
        assertTrue(none.failed().get(0).failure().contains("cannot be written"));
        assertTrue(none.left() > 0);
        // plans
        assertTrue(
                assertThrows(
                                IOException.class,
                                () -> BlockOutput.open(folder.resolve("nothing.ome.zarr")))
                        .getMessage()
                        .contains("holds no plan"));
        assertThrows(IOException.class, () -> planned(input, "out.ome.zarr", task));
        final Path plan = BlockPlan.folder(output.folder()).resolve("plan.json");
        Files.writeString(plan, Files.readString(plan).replace("\"Identity\"", "\"java.io.File\""));
        assertTrue(
                assertThrows(IOException.class, () -> BlockOutput.open(output.folder()))
                        .getMessage()
                        .contains("degradation is of the kind 'java.io.File'"));
    }

    @Test
    void aPlanIsReadAsItWasWritten() throws IOException {
        final Path input = noisyCells(128, 100, 2);
        for (final Degradation degradation :
                List.of(
                        new GaussianBlur(1.5, 2, Border.MIRRORED),
                        new Downsampling(2, Downsampling.Kernel.AVERAGE),
                        new PsfBlur(
                                new float[] {0, 0.1f, 0, 0.1f, 0.6f, 0.1f, 0, 0.1f, 0},
                                3,
                                3,
                                Border.UNKNOWN))) {
            final String name = degradation.getClass().getSimpleName() + ".ome.zarr";
            final BlockRequest.Task task =
                    new BlockRequest.Task(
                            "c",
                            "k",
                            "v",
                            degradation,
                            null,
                            null,
                            null,
                            Sampling.DEFAULT.withSeed(3));
            final BlockPlan plan =
                    BlockPlanner.plan(request(input, name, task), true, Progress.NONE).plan();
            final BlockPlan read = BlockPlan.read(folder.resolve(name));
            assertEquals(plan.degradation().describe(), read.degradation().describe());
            assertEquals(plan.channels(), read.channels());
            assertEquals(plan.grid(), read.grid());
            assertEquals(plan.limits(), read.limits());
            assertEquals(IntensityLimits.NONE, read.limits());
            assertNotEquals(plan.channels().get(0), plan.channels().get(1));
        }
    }

    @Test
    void missingPixelsAreFilledAndKnownOnesKept() throws IOException {
        final Plane measured = ZarrImages.cells(128, 64, 3);
        final float[] levels = measured.channels()[0];
        for (int i = 0; i < levels.length; i += 7) levels[i] = 0;
        final Path input =
                ZarrImages.write(folder.resolve("in.ome.zarr"), SampleType.UINT8, measured);
        final BlockOutput output =
                planned(
                        input,
                        "out.ome.zarr",
                        new BlockRequest.Task(
                                "",
                                "",
                                "",
                                null,
                                null,
                                MissingRule.Kind.ZEROS,
                                new NoiseModel.None(),
                                Sampling.DEFAULT));
        assertTrue(run(output, 1, Progress.NONE).isComplete());
        final Plane stored = ZarrImages.read(input, 0);
        final Plane filled = ZarrImages.read(output.folder(), 0);
        final float[] known = filled.channels()[0].clone();
        int changed = 0;
        for (int i = 0; i < levels.length; i += 7) {
            if (known[i] != 0) changed++;
            known[i] = 0;
        }
        // A network of random weights fills with anything, 0 included.
        assertTrue(changed > levels.length / 14, changed + " pixels were filled");
        assertArrayEquals(stored.channels()[0], known);
    }
}
