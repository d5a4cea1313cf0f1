/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.gui.Roi;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.deqir.Simulation;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.group.BlurKeys;
import org.deqir.command.group.GridKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.MissingKeys;
import org.deqir.command.group.NoiseLevelKeys;
import org.deqir.command.group.SensingKeys;
import org.deqir.command.group.SliceKeys;
import org.deqir.command.image.NumpyMask;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Provenance;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.StoredDegradation;
import org.deqir.command.image.Titles;
import org.deqir.command.key.MissingPixelKeys;
import org.deqir.command.key.NoiseKeys;
import org.deqir.command.key.OperatorKeys;
import org.deqir.command.prior.PriorService;
import org.deqir.command.task.RestorationTask;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.scijava.ItemIO;
import org.scijava.ItemVisibility;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Degrade...: simulates the measurement of an image.
 *
 * <p>The result is 32-bit, or RGB if the input is, and carries what was done in its properties,
 * from which the restoring commands take the values of keys that their user does not give. Pixels
 * that were not measured are NaN (0 in RGB), and a mask image shows them.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Degrade...", weight = 20)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class DegradeCommand extends DeqirCommand {

    @Parameter(
            label = "Operator",
            description = "What happens to the image before noise is added.",
            choices = {"none", "blur", "downsampling", "missing pixels", "grey", "sensing"})
    private String operator = "none";

    @KeyGroup(when = "blur")
    private final BlurKeys blurring = new BlurKeys();

    @KeyGroup(when = "downsampling", without = "subsample")
    private final GridKeys grid = new GridKeys();

    @KeyGroup(
            when = "missing pixels",
            without = {"saturated", "zeros", "nan"})
    private final MissingKeys absence = new MissingKeys();

    @KeyGroup(when = "sensing")
    private final SensingKeys compressed = new SensingKeys(0.25);

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String noiseheading = "<html><b>Noise of the measurement</b>";

    @Parameter(
            label = "Noise",
            description = "The noise that is added at the end.",
            choices = {"none", "gaussian", "poisson-gaussian"})
    private String noise = "none";

    @KeyGroup private final NoiseLevelKeys levels = new NoiseLevelKeys();

    @Parameter(label = "Seed", description = "The same seed gives the same noise.")
    private Long seed = 1L;

    @KeyGroup private final SliceKeys which = new SliceKeys("all");

    @Parameter private PriorService priors;

    @Parameter(type = ItemIO.OUTPUT, label = "Mask of missing pixels")
    private ImagePlus missingpixels;

    @Parameter(type = ItemIO.OUTPUT, label = "Degraded image")
    private ImagePlus result;

    @Override
    protected void takeStoredValues() {
        // What was done to the image before says nothing about what to do now.
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        return Map.of("psf", openImages(), "mask", openImages());
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        idle.addAll(NoiseKeys.idle(noise));
        if (noise.equals("none")) idle.add("seed");
        idle.addAll(blurring.idle(operator.equals("blur")));
        idle.addAll(grid.idle(operator.equals("downsampling")));
        final boolean marks = operator.equals("missing pixels");
        if (!marks) idle.add("missing");
        final boolean senses = operator.equals("sensing");
        if (!senses) idle.add("sensing");
        final boolean scans = senses && compressed.sensing.equals("scan mask");
        final boolean masks = scans || marks && absence.missing.equals("mask image");
        if (!masks) idle.add("mask");
        if (!senses || !compressed.sensing.equals("block")) idle.add("block");
        if (!senses || scans && !absence.mask.isBlank()) idle.addAll(Set.of("ratio", "key"));
        return idle;
    }

    @Override
    protected void execute(Progress progress) {
        final PlaneSource source = PlaneSource.of(image);
        final SliceSelection selection = which.of(image);
        final NoiseKeys noiseKeys = noiseKeys();
        final MissingPixelKeys absent = missingPixels(source);
        final Degradation degradation = degradation(source, noiseKeys);
        final Region region = region(degradation);
        final Samples samples =
                operator.equals("grey")
                        ? Samples.GREY
                        : source.isRgb() ? Samples.RGB : Samples.FLOAT;
        final ResultImage measured =
                new ResultImage(source, selection, region, 1.0 / degradation.scale(), samples);
        final NoiseModel model = noiseKeys.model();
        final List<String> notices = new ArrayList<>();
        priors.prepare(progress);
        for (int i = 0; i < selection.size(); i++) {
            progress.checkCanceled();
            progress.update("Measuring", (double) i / selection.size());
            final int index = selection.index(i);
            if (selection.size() > 1 && source.isWithoutNumbers(index, region.context())) {
                measured.copyBlank(i);
                notices.add(RestorationTask.copied(index, PlaneSource.NO_NUMBER));
                continue;
            }
            final Plane plane =
                    Simulation.measure(
                            source.read(index, region.context()),
                            degradation,
                            model,
                            seed + index * 0x9E3779B97F4A7C15L);
            if (absent != null) absent.removeFrom(plane, index, region.context(), source.isRgb());
            measured.put(i, plane);
        }
        final String title = Titles.derived(image.getTitle(), "degraded");
        result = measured.build(title);
        if (absent != null) missingpixels = absent.mask(source, selection, title + "-mask");
        StoredDegradation.store(result, stored(source.isRgb(), title));
        final Provenance provenance =
                new Provenance()
                        .add("command", macroLine())
                        .add("version", version())
                        .add("operator", degradation.describe())
                        .add("noise", model.describe())
                        .add("seed", seed);
        notices.forEach(log::info);
        notices.forEach(notice -> provenance.add("notice", notice));
        provenance.writeTo(result);
        show("missingpixels", "result");
    }

    private MissingPixelKeys missingPixels(PlaneSource source) {
        if (operator.equals("missing pixels"))
            return MissingPixelKeys.of(absence.missing, absence.mask, source);
        if (!operator.equals("sensing") || !compressed.sensing.equals("scan mask")) return null;
        if (!absence.mask.isBlank()) return MissingPixelKeys.of("mask image", absence.mask, source);
        return MissingPixelKeys.random(source, requiredRatio(), compressed.key);
    }

    private double requiredRatio() {
        if (compressed.ratio > 0) return compressed.ratio;
        throw new IllegalArgumentException(
                "ratio = 0 measures nothing: give the measurements per pixel, above 0 and up to"
                        + " 1.");
    }

    /** The linear part, apart from pixels that are left out. */
    private Degradation degradation(PlaneSource source, NoiseKeys noiseKeys) {
        return switch (operator) {
            case "blur" -> blurring.values().degradation(image, log::info);
            case "downsampling" -> OperatorKeys.downsampling(grid.scale, grid.kernel);
            case "grey" -> {
                if (!source.isRgb())
                    throw new IllegalArgumentException(
                            "operator = 'grey' needs an RGB image; '"
                                    + image.getTitle()
                                    + "' is grey already.");
                yield GreyProjection.MEAN;
            }
            case "sensing" -> {
                if (compressed.sensing.equals("scan mask")) yield new Identity();
                OperatorKeys.requireSensible(compressed.sensing, source, noiseKeys);
                yield OperatorKeys.sensing(
                        compressed.sensing, requiredRatio(), compressed.key, compressed.block);
            }
            default -> new Identity();
        };
    }

    private Region region(Degradation degradation) {
        if (!degradation.measuresImages()) {
            final Roi roi = image.getRoi();
            if (roi != null && roi.isArea())
                throw new IllegalArgumentException(
                        "Sensing measures whole planes: remove the selection.");
        }
        final boolean marks =
                operator.equals("missing pixels") && absence.missing.equals("selection");
        final Region region =
                marks ? Region.whole(image) : Region.selected(image, degradation.reach());
        final int factor = degradation.scale();
        if (factor == 1) return region;
        final Rectangle box = region.box();
        if (box.width < factor || box.height < factor)
            throw new IllegalArgumentException(
                    "scale = %s is too large for %s × %s pixels."
                            .formatted(factor, box.width, box.height));
        box.width -= box.width % factor;
        box.height -= box.height % factor;
        return Region.rectangle(image, box, 0);
    }

    private NoiseKeys noiseKeys() {
        return levels.of(noise);
    }

    /** The keys with which the restoring commands undo this. */
    private Map<String, Object> stored(boolean rgb, String title) {
        final Map<String, Object> keys = new LinkedHashMap<>();
        switch (operator) {
            case "blur" -> keys.putAll(blurring.values().stored());
            case "downsampling" -> {
                keys.put("scale", grid.scale);
                keys.put("kernel", grid.kernel);
            }
            case "missing pixels", "sensing" -> {
                if (operator.equals("sensing")) {
                    keys.put("sensing", compressed.sensing);
                    keys.put("ratio", compressed.ratio);
                    keys.put("key", compressed.key);
                    if (compressed.sensing.equals("block")) keys.put("block", compressed.block);
                }
                if (operator.equals("missing pixels") || compressed.sensing.equals("scan mask")) {
                    keys.put("missing", rgb ? "mask image" : "nan");
                    if (rgb)
                        keys.put(
                                "mask",
                                NumpyMask.isOne(absence.mask) ? absence.mask : title + "-mask");
                }
            }
            default -> {
                // nothing but noise, or a grey image, which Colorize needs no key for
            }
        }
        keys.putAll(noiseKeys().stored());
        return keys;
    }

    @Override
    protected void clearOutputs() {
        result = null;
        missingpixels = null;
    }
}
