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
            choices = {"none", "blur", "downsampling", "missing pixels", "grey", "sensing"},
            persist = false)
    private String operator = "none";

    @Parameter(
            label = "Blur",
            description = "blur: its kind.",
            choices = {"gaussian", "uniform", "anisotropic", "psf image", "microscope"},
            persist = false)
    private String blur = "gaussian";

    @Parameter(
            label = "Width (px)",
            description =
                    "gaussian, anisotropic: standard deviation along a row; uniform: edge of the"
                            + " box.",
            min = "0",
            persist = false)
    private Double width = 0.0;

    @Parameter(
            label = "Height (px)",
            description = "anisotropic: standard deviation along a column.",
            min = "0",
            persist = false)
    private Double height = 0.0;

    @Parameter(
            label = "PSF",
            description = "psf image: title of an open image of a point, in focus.",
            persist = false)
    private String psf = "";

    @Parameter(
            label = "Numerical aperture",
            description = "microscope: numerical aperture of the objective.",
            min = "0",
            max = "1.7",
            persist = false)
    private Double na = 0.0;

    @Parameter(
            label = "Wavelength (nm)",
            description = "microscope: wavelength of the emitted light.",
            min = "0",
            max = "3000",
            persist = false)
    private Double wavelength = 0.0;

    @Parameter(
            label = "Modality",
            description = "microscope: how the light is collected.",
            choices = {"widefield", "confocal"},
            persist = false)
    private String modality = "widefield";

    @Parameter(
            label = "Border",
            description =
                    "blur: what lies outside of the image: unknown (estimated with it), its mirror"
                            + " image, or zeros.",
            choices = {"unknown", "mirrored", "zeros"},
            persist = false)
    private String border = "unknown";

    @Parameter(
            label = "Taps",
            description =
                    "blur, gaussian, anisotropic, uniform: samples of the kernel along each axis, odd; 0 for"
                            + " as many as it has.",
            min = "0",
            max = "255",
            persist = false)
    private Integer taps = 0;

    @Parameter(
            label = "Scale",
            description = "downsampling: fine pixels per coarse pixel along each side.",
            min = "2",
            max = "8",
            persist = false)
    private Integer scale = 2;

    @Parameter(
            label = "Kernel",
            description = "downsampling: how fine pixels make a coarse one.",
            choices = {"average", "bicubic"},
            persist = false)
    private String kernel = "average";

    @Parameter(
            label = "Missing pixels",
            description = "missing pixels: what marks them.",
            choices = {"selection", "mask image"},
            persist = false)
    private String missing = "selection";

    @Parameter(
            label = "Mask",
            description =
                    "mask image, scan mask: title of an open image that is not 0 where nothing is"
                            + " measured, or path of an .npy file that is 0 there.",
            persist = false)
    private String mask = "";

    @Parameter(
            label = "Sensing",
            description = "scan mask: a random share of the pixels, or those that the mask leaves.",
            choices = {"walsh-hadamard", "block", "scan mask"},
            persist = false)
    private String sensing = "walsh-hadamard";

    @Parameter(
            label = "Ratio",
            description = "sensing: measurements per pixel, above 0 and up to 1.",
            min = "0",
            max = "1",
            persist = false)
    private Double ratio = 0.25;

    @Parameter(
            label = "Key",
            description = "sensing: the number that chooses the patterns or pixels.",
            persist = false)
    private Long key = 1L;

    @Parameter(
            label = "Block (px)",
            description = "block: edge of the blocks that are measured one by one.",
            min = "1",
            max = "32",
            persist = false)
    private Integer block = OperatorKeys.SENSING_BLOCK;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false, persist = false)
    private final String noiseheading = "<html><b>Noise of the measurement</b>";

    @Parameter(
            label = "Noise",
            description = "The noise that is added at the end.",
            choices = {"none", "gaussian", "poisson-gaussian"},
            persist = false)
    private String noise = "none";

    @Parameter(
            label = "Sigma (grey levels)",
            description = "gaussian: standard deviation of the noise.",
            min = "0",
            persist = false)
    private Double sigma = 0.0;

    @Parameter(
            label = "Gain (grey levels per photon)",
            description = "poisson-gaussian: gain of the camera.",
            min = "0",
            persist = false)
    private Double gain = 0.0;

    @Parameter(
            label = "Offset (grey levels)",
            description = "poisson-gaussian: grey level without light.",
            persist = false)
    private Double offset = 0.0;

    @Parameter(
            label = "Readout (grey levels)",
            description = "poisson-gaussian: standard deviation of the readout noise.",
            min = "0",
            persist = false)
    private Double readout = 0.0;

    @Parameter(label = "Seed", description = "The same seed gives the same noise.", persist = false)
    private Long seed = 1L;

    @Parameter(
            label = "Slices",
            description = "all, current, or positions such as 2-7 or 1,3,5-6.",
            persist = false)
    private String slices = "all";

    @Parameter private PriorService priors;

    @Parameter(type = ItemIO.OUTPUT, label = "Mask of missing pixels")
    private ImagePlus missingpixels;

    @Parameter(type = ItemIO.OUTPUT, label = "Degraded image")
    private ImagePlus result;

    @Override
    void takeStoredValues() {
        // What was done to the image before says nothing about what to do now.
    }

    @Override
    Map<String, List<String>> dialogChoices() {
        return Map.of("psf", openImages(), "mask", openImages());
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        idle.addAll(NoiseKeys.idle(noise));
        if (noise.equals("none")) idle.add("seed");
        if (operator.equals("blur")) idle.addAll(OperatorKeys.Blur.idle(blur));
        else {
            idle.add("blur");
            idle.addAll(OperatorKeys.Blur.KEYS);
        }
        if (!operator.equals("downsampling")) idle.addAll(Set.of("scale", "kernel"));
        final boolean marks = operator.equals("missing pixels");
        if (!marks) idle.add("missing");
        final boolean senses = operator.equals("sensing");
        if (!senses) idle.add("sensing");
        final boolean scans = senses && sensing.equals("scan mask");
        final boolean masks = scans || marks && missing.equals("mask image");
        if (!masks) idle.add("mask");
        if (!senses || !sensing.equals("block")) idle.add("block");
        if (!senses || scans && !mask.isBlank()) idle.addAll(Set.of("ratio", "key"));
        return idle;
    }

    @Override
    void execute(Progress progress) {
        final PlaneSource source = PlaneSource.of(image);
        final SliceSelection selection = SliceSelection.parse(slices, image);
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
        if (operator.equals("missing pixels")) return MissingPixelKeys.of(missing, mask, source);
        if (!operator.equals("sensing") || !sensing.equals("scan mask")) return null;
        if (!mask.isBlank()) return MissingPixelKeys.of("mask image", mask, source);
        return MissingPixelKeys.random(source, requiredRatio(), key);
    }

    private double requiredRatio() {
        if (ratio > 0) return ratio;
        throw new IllegalArgumentException(
                "ratio = 0 measures nothing: give the measurements per pixel, above 0 and up to"
                        + " 1.");
    }

    /** The linear part, apart from pixels that are left out. */
    private Degradation degradation(PlaneSource source, NoiseKeys noiseKeys) {
        return switch (operator) {
            case "blur" -> blurKeys().degradation(image, log::info);
            case "downsampling" -> OperatorKeys.downsampling(scale, kernel);
            case "grey" -> {
                if (!source.isRgb())
                    throw new IllegalArgumentException(
                            "operator = 'grey' needs an RGB image; '"
                                    + image.getTitle()
                                    + "' is grey already.");
                yield GreyProjection.MEAN;
            }
            case "sensing" -> {
                if (sensing.equals("scan mask")) yield new Identity();
                OperatorKeys.requireSensible(sensing, source, noiseKeys);
                yield OperatorKeys.sensing(sensing, requiredRatio(), key, block);
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
        final boolean marks = operator.equals("missing pixels") && missing.equals("selection");
        final Region region =
                marks ? Region.whole(image) : Region.selected(image, degradation.reach());
        final int factor = degradation.scale();
        if (factor == 1) return region;
        final Rectangle box = region.box();
        if (box.width < factor || box.height < factor)
            throw new IllegalArgumentException(
                    "scale = "
                            + factor
                            + " is too large for "
                            + box.width
                            + " × "
                            + box.height
                            + " pixels.");
        box.width -= box.width % factor;
        box.height -= box.height % factor;
        return Region.rectangle(image, box, 0);
    }

    private OperatorKeys.Blur blurKeys() {
        return new OperatorKeys.Blur(
                blur, width, height, psf, na, wavelength, modality, border, taps);
    }

    private NoiseKeys noiseKeys() {
        return new NoiseKeys(noise, sigma, gain, offset, readout);
    }

    /** The keys with which the restoring commands undo this. */
    private Map<String, Object> stored(boolean rgb, String title) {
        final Map<String, Object> keys = new LinkedHashMap<>();
        switch (operator) {
            case "blur" -> keys.putAll(blurKeys().stored());
            case "downsampling" -> {
                keys.put("scale", scale);
                keys.put("kernel", kernel);
            }
            case "missing pixels", "sensing" -> {
                if (operator.equals("sensing")) {
                    keys.put("sensing", sensing);
                    keys.put("ratio", ratio);
                    keys.put("key", key);
                    if (sensing.equals("block")) keys.put("block", block);
                }
                if (operator.equals("missing pixels") || sensing.equals("scan mask")) {
                    keys.put("missing", rgb ? "mask image" : "nan");
                    if (rgb) keys.put("mask", NumpyMask.isOne(mask) ? mask : title + "-mask");
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
    void clearOutputs() {
        result = null;
        missingpixels = null;
    }
}
