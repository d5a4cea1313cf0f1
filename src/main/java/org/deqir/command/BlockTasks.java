/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.IJ;
import ij.ImagePlus;
import ij.ImageStack;
import ij.process.ByteProcessor;
import java.awt.Rectangle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.deqir.blocks.BlockPlanner;
import org.deqir.blocks.BlockRequest;
import org.deqir.blocks.MissingRule;
import org.deqir.blocks.zarr.OmeImage;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.FilledCommand;
import org.deqir.command.base.NoisyRestorationCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.NoiseKeys;
import org.deqir.command.prior.PriorService;
import org.deqir.command.task.RestorationTask;
import org.deqir.network.layout.Precision;
import org.deqir.physics.Degradation;
import org.deqir.physics.VolumeDegradation;
import org.deqir.progress.Progress;
import org.scijava.Context;
import org.scijava.module.Module;

/**
 * Plans the restoration of an OME-Zarr image in blocks from a command and its keys, as a macro
 * states them.
 */
public final class BlockTasks {

    /** Commands that restore block by block, by their labels in the menu. */
    private static final Map<String, Class<? extends RestorationCommand>> COMMANDS =
            Map.of(
                    "DeqIR Denoise...", DenoiseCommand.class,
                    "DeqIR Deblur...", DeblurCommand.class,
                    "DeqIR Super-Resolution...", SuperResolutionCommand.class,
                    "DeqIR Inpaint...", InpaintCommand.class);

    /** Keys that say where pixels come from and go to, which the plan says itself. */
    private static final FilledCommand.Refused ELSEWHERE =
            new FilledCommand.Refused(
                    "blocks",
                    Map.of(
                            "slices",
                                    "which part of the image is restored is stated beside the keys",
                            "output", "the output is stated beside the keys",
                            "warm", "a block cannot start from another",
                            "preview", "nothing is shown",
                            "device", "blocks are restored on the processor",
                            "samples", "blocks give one image",
                            "optimize", "an optimised start is that of a whole image",
                            "neighbours", "planes are restored one by one",
                            "along", "planes are restored one by one",
                            "exposures", "planes are restored one by one"));

    /** In the language of macros, or in one where {@code IJ.run} takes the image first. */
    private static final Pattern RECORDED =
            Pattern.compile("run\\((?:\\w+, *)?\"(DeqIR [^\"]+)\", *\"([^\"]*)\"");

    /** An image to ask the keys about is not larger than this along each side. */
    private static final int LARGEST_STUB = 4096;

    private BlockTasks() {}

    /**
     * Where the output goes and how it is cut.
     *
     * @param output a folder that does not exist
     * @param part which part of the input; null for all
     * @param block edge of a block; 0 for what is usual
     * @param halo samples of the input around a block; negative for what is usual
     * @param zarr version of the output, 0 for that of the input
     * @param cores processor cores for each block
     */
    public record Layout(
            Path output, BlockRequest.Part part, int block, int halo, int zarr, int cores) {}

    /** {@return the commands that can be planned, in alphabetical order} */
    public static List<String> commands() {
        return COMMANDS.keySet().stream().sorted().toList();
    }

    /**
     * Plans the restoration of an image block by block.
     *
     * @param input an OME-Zarr image
     * @param keys as a macro writes them
     * @param layout the output, the part to restore and how it is cut into blocks
     * @param write whether to create the output
     * @param progress shows how far the planning is, and is asked whether to go on
     * @return the plan and what it costs
     * @throws IllegalArgumentException if command or keys are not possible, with a sentence
     * @throws IOException if the input cannot be read or the output not be created
     */
    public static BlockPlanner.Planned plan(
            Context context,
            Path input,
            String command,
            String keys,
            Layout layout,
            boolean write,
            Progress progress)
            throws IOException {
        final Class<? extends RestorationCommand> type = COMMANDS.get(command.trim());
        if (type == null)
            throw new IllegalArgumentException(
                    "The command '%s' cannot be run in blocks; these can: %s."
                            .formatted(command, String.join(", ", commands())));
        final ImagePlus stub = stub(OmeImage.open(input));
        final FilledCommand<? extends RestorationCommand> filled =
                FilledCommand.of(context, type, keys, ELSEWHERE, stub);
        final Module module = filled.module();
        final PriorService priors = context.service(PriorService.class);
        priors.prepare(progress);
        final String precision = priors.precision((String) module.getInput("precision"), "cpu");
        return BlockPlanner.plan(
                new BlockRequest(
                        input,
                        layout.output(),
                        task(filled, stub, command, keys),
                        priors.model((String) module.getInput("model"), List.of(1)),
                        Precision.valueOf(precision.toUpperCase(Locale.ROOT)),
                        layout.part(),
                        layout.block(),
                        layout.halo(),
                        layout.zarr(),
                        layout.cores()),
                write,
                progress);
    }

    /**
     * For macros: plans what the recorder recorded.
     *
     * @param input path of an OME-Zarr image
     * @param output path of a folder that does not exist
     * @param line as in {@code run("DeqIR Denoise...", "noise=auto");}
     * @return what was planned and how to run it, for the log; or the sentence that says why not
     */
    public static String planRecorded(String input, String output, String line) {
        final Matcher call = RECORDED.matcher(line);
        if (!call.find())
            return "'"
                    + line
                    + "' is not a line of the recorder, such as run(\"DeqIR Denoise...\","
                    + " \"noise=auto\");";
        try {
            final BlockPlanner.Planned planned =
                    plan(
                            context(),
                            Path.of(input),
                            call.group(1),
                            call.group(2),
                            new Layout(Path.of(output), null, 0, -1, 0, 1),
                            true,
                            Progress.NONE);
            return planned.plan().grid()
                    + String.format(
                            Locale.ROOT,
                            ", at most %d network evaluations, %s for a worker beside the network,"
                                    + " about %.3g h on this computer.",
                            planned.evaluations(),
                            BlockPlanner.megabytes(planned.bytes()),
                            planned.hours(1))
                    + " Run it with: deqir-blocks run -o "
                    + output;
        } catch (final IllegalArgumentException | IOException e) {
            return e.getMessage();
        }
    }

    /** Fiji's context; one of ours in an ImageJ without. */
    private static Context context() {
        try {
            Class.forName("net.imagej.legacy.LegacyService", false, IJ.getClassLoader());
            return (Context) IJ.runPlugIn("org.scijava.Context", "");
        } catch (final ClassNotFoundException e) {
            return Own.get();
        }
    }

    private static final class Own {
        private static final Context CONTEXT = new Context();

        static Context get() {
            return CONTEXT;
        }
    }

    /** An image with the calibration of the whole, for what keys ask it. */
    private static ImagePlus stub(OmeImage image) {
        final long[] shape = image.array(0).shape();
        final int axes = shape.length;
        final ByteProcessor plane =
                new ByteProcessor(
                        (int) Math.min(LARGEST_STUB, shape[axes - 1]),
                        (int) Math.min(LARGEST_STUB, shape[axes - 2]));
        final int z = image.axis('z');
        final int depth = z < 0 ? 1 : (int) Math.min(LARGEST_STUB, shape[z]);
        final ImageStack slices = new ImageStack(plane.getWidth(), plane.getHeight());
        for (int i = 0; i < depth; i++) slices.addSlice(plane);
        final ImagePlus stub = new ImagePlus(image.name(), slices);
        stub.setDimensions(1, depth, 1);
        final double[] scale = image.levels().get(0).scale();
        final String unit = image.axes().get(axes - 1).unit();
        if (unit != null) {
            stub.getCalibration().setUnit(unit);
            stub.getCalibration().pixelWidth = scale[axes - 1];
            stub.getCalibration().pixelHeight = scale[axes - 2];
            if (z >= 0) {
                final String deep = image.axes().get(z).unit();
                stub.getCalibration().setZUnit(deep == null ? unit : deep);
                stub.getCalibration().pixelDepth = scale[z];
            }
        }
        return stub;
    }

    private static BlockRequest.Task task(
            FilledCommand<? extends RestorationCommand> filled,
            ImagePlus stub,
            String label,
            String keys) {
        final RestorationCommand command = filled.command();
        final Module module = filled.module();
        final NoiseKeys noise = ((NoisyRestorationCommand) command).noise();
        final boolean fills = command instanceof InpaintCommand;
        final MissingRule.Kind missing =
                fills ? missing((String) module.getInput("missing")) : null;
        Degradation degradation = null;
        VolumeDegradation volume = null;
        if (!fills) {
            final RestorationTask task = command.task(PlaneSource.of(stub));
            if (task.volumes() != null) volume = task.volumes().volumeDegradation();
            else
                degradation = task.degradation(1, new Rectangle(stub.getWidth(), stub.getHeight()));
        }
        return new BlockRequest.Task(
                label,
                keys,
                DeqirCommand.version(),
                degradation,
                volume,
                missing,
                noise.isAuto() ? null : noise.model(),
                command.sampling());
    }

    private static MissingRule.Kind missing(String choice) {
        for (final MissingRule.Kind kind : MissingRule.Kind.values())
            if (kind.name().toLowerCase(Locale.ROOT).equals(choice)) return kind;
        throw new IllegalArgumentException(
                "missing = '"
                        + choice
                        + "' needs an image in ImageJ; for blocks the choices are: "
                        + Arrays.stream(MissingRule.Kind.values())
                                .map(kind -> kind.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))
                        + ".");
    }
}
