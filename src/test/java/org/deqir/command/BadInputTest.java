/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deqir.testing.FijiLayer;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each command meets the same bad inputs: each stops the macro with one clear sentence. */
@Tag("slow")
class BadInputTest {

    private static final String GREY = "newImage('grey', '32-bit ramp', 24, 20, 2);";
    private static final String RGB = "newImage('colour', 'RGB white', 24, 20, 1);";

    /** Options with which each command runs without complaint on a grey image. */
    private static final Map<String, String> GOOD = new LinkedHashMap<>();

    static {
        GOOD.put("DeqIR Denoise...", "noise=gaussian sigma=0.1 model=smoother");
        GOOD.put(
                "DeqIR Deblur...",
                "blur=gaussian width=1 noise=gaussian sigma=0.1 steps=2 model=smoother");
        GOOD.put(
                "DeqIR Super-Resolution...",
                "scale=2 noise=gaussian sigma=0.1 steps=2 model=smoother");
        GOOD.put("DeqIR Inpaint...", "missing=[mask image] mask=mask steps=2 model=smoother");
        GOOD.put("DeqIR Colorize...", "model=smoother-rgb steps=2");
        GOOD.put(
                "DeqIR Compressed Sensing...",
                "sensing=block ratio=0.5 noise=none steps=2 model=smoother");
        GOOD.put("DeqIR Degrade...", "operator=none noise=gaussian sigma=0.1");
        GOOD.put("DeqIR Compare...", "reference=reference");
        GOOD.put(
                "DeqIR Guided Restoration...",
                "task=deblur width=1 noise=gaussian sigma=0.1 steps=2 rounds=1 reference=reference"
                        + " model=smoother");
        GOOD.put(
                "DeqIR Show Trajectory...",
                "task=deblur width=1 noise=gaussian sigma=0.1 steps=2 model=smoother");
        GOOD.put("DeqIR Train Prior...", "base=scratch size=tiny patch=8 batch=1 steps=1 name=new");
    }

    @TempDir Path models;

    @BeforeEach
    void installModelsElsewhere() {
        SmootherService.modelsIn(models);
    }

    @AfterEach
    void installModelsWhereTheyBelong() {
        SmootherService.modelsIn(null);
    }

    /** One bad input: what is open, the command, and a word that the message must hold. */
    private record Case(String what, String setUp, String command, String options, String word) {

        @Override
        public String toString() {
            return command + " " + what;
        }
    }

    static Stream<Case> cases() {
        final List<Case> cases = new ArrayList<>();
        for (final String command : GOOD.keySet()) everyCommand(cases, command);
        for (final String command :
                List.of(
                        "DeqIR Denoise...",
                        "DeqIR Deblur...",
                        "DeqIR Super-Resolution...",
                        "DeqIR Inpaint...",
                        "DeqIR Compressed Sensing...",
                        "DeqIR Guided Restoration...",
                        "DeqIR Show Trajectory...",
                        "DeqIR Degrade...")) noise(cases, command);
        for (final String command : GOOD.keySet())
            if (!command.matches(".*(Degrade|Compare|Train).*")) sampling(cases, command);
        particular(cases);
        return cases.stream();
    }

    private static void everyCommand(List<Case> cases, String command) {
        final String good = GOOD.get(command);
        cases.add(new Case("no image", "", command, good, "image"));
        cases.add(new Case("wrong title", GREY, command, good + " image=[no such]", "no such"));
        cases.add(
                new Case(
                        "selection outside the image",
                        GREY + "makeOval(100, 100, 5, 5);",
                        command,
                        good,
                        "selection"));
        cases.add(
                new Case(
                        "NaN pixel",
                        GREY + "setPixel(3, 4, NaN); setSlice(2); setPixel(3, 4, NaN);",
                        command,
                        good,
                        "NaN"));
        cases.add(new Case("slices", GREY, command, good + " slices=2-9", "slices"));
        cases.add(new Case("slices", GREY, command, good + " slices=some", "slices"));
        cases.add(new Case("unknown key", GREY, command, good + " slice=1", "'slices'"));
        cases.add(new Case("upper case", GREY, command, good + " Slices=1", "'slices'"));
        cases.add(new Case("bare word", GREY, command, good + " image=a b.tif", "'b.tif'"));
        cases.add(new Case("no value", GREY, command, good + " slices", "'slices'"));
        cases.add(
                new Case(
                        "key inside a value",
                        GREY,
                        command,
                        good + " image=[grey slices=1]",
                        "grey slices=1"));
    }

    private static void noise(List<Case> cases, String command) {
        final String good = GOOD.get(command).replaceAll("noise=\\w+|sigma=\\S+", "");
        cases.add(new Case("sigma < 0", GREY, command, good + " noise=gaussian sigma=-3", "sigma"));
        cases.add(new Case("sigma", GREY, command, good + " noise=gaussian sigma=much", "sigma"));
        cases.add(
                new Case("sigma NaN", GREY, command, good + " noise=gaussian sigma=NaN", "sigma"));
        cases.add(new Case("no sigma", GREY, command, good + " noise=gaussian", "sigma"));
        if (!command.contains("Degrade"))
            cases.add(
                    new Case(
                            "an offset above all pixels",
                            GREY,
                            command,
                            good + " noise=poisson-gaussian gain=2 offset=99999",
                            "offset"));
        cases.add(new Case("no gain", GREY, command, good + " noise=poisson-gaussian", "gain"));
        cases.add(new Case("unknown noise", GREY, command, good + " noise=loud", "noise"));
    }

    private static void sampling(List<Case> cases, String command) {
        final String good = GOOD.get(command);
        final String unmodelled = good.replaceAll("model=\\S+", "");
        cases.add(new Case("unknown model", GREY, command, unmodelled + " model=nobody", "nobody"));
        cases.add(new Case("unknown mode", GREY, command, good + " mode=fast", "mode"));
        cases.add(new Case("unknown solver", GREY, command, good + " solver=magic", "solver"));
        cases.add(new Case("samples", GREY, command, good + " samples=0", "samples"));
        cases.add(new Case("etw without a use", GREY, command, good + " etw=0.1", "published"));
        cases.add(new Case("no number", GREY, command, good + " nw=much", "nw = 'much'"));
        cases.add(new Case("no range", GREY, command, good + " range=5-1", "range"));
        cases.add(new Case("no such spacing", GREY, command, good + " spacing=odd", "uniform"));
        cases.add(
                new Case(
                        "history without a use",
                        GREY,
                        command,
                        good + " history=3 solver=sequential",
                        "sequential"));
        if (command.matches(".*(Deblur|Colorize|Guided|Trajectory).*")) descent(cases, command);
        published(cases, command, good.replaceAll("noise=\\w+|sigma=\\S+|optimize=\\d+", ""));
        cases.add(
                new Case(
                        "tolerance",
                        GREY,
                        command,
                        good.replace("steps=2", "") + " tolerance=-1",
                        "tolerance"));
    }

    /** The keys of descent, where commands have them in different ways. */
    private static void descent(List<Case> cases, String command) {
        final String good = GOOD.get(command);
        final String descent = command.contains("Guided") ? good : good + " optimize=2";
        final boolean descends = !command.contains("Trajectory");
        for (final String[] bad :
                new String[][] {
                    {"gradient=phantom tau=2", "tau = 2"},
                    {"gradient=phantom terms=0", "terms = 0"},
                    {"gradient=phantom terms=half", "terms = 'half'"},
                    {"gradient=implicit bound=1", "bound = 1"},
                    {"gradient=implicit tau=0.5", "phantom"},
                    {"bound=0.1", "implicit"},
                    {"startprior=-1", "startprior"},
                    {"gradient=exact", "unrolled"}
                })
            cases.add(
                    new Case(
                            bad[0],
                            GREY,
                            command,
                            (descends ? descent : good) + " " + bad[0],
                            bad[1]));
        if (!command.contains("Guided")) {
            cases.add(
                    new Case("no descent", GREY, command, good + " gradient=phantom", "optimize"));
            cases.add(new Case("no descent", GREY, command, good + " startprior=1", "startprior"));
        }
    }

    private static void volumes(List<Case> cases) {
        final String psf =
                "newImage('point', '32-bit black', 5, 5, 3); setSlice(2); setPixel(2, 2, 1);";
        final String volume = psf + "newImage('grey', '32-bit ramp', 24, 20, 4);";
        final String calibrated =
                volume
                        + "run('Properties...', 'channels=1 slices=4 frames=1 unit=um"
                        + " pixel_width=0.1 pixel_height=0.1 voxel_depth=0.2');";
        final String deblur = "DeqIR Deblur...";
        final String stack = "dimensions=3 blur=[psf image] psf=point model=smoother ";
        add(cases, "psf without z step", calibrated, deblur, stack, "'point' has no pixel size");
        add(cases, "dimensions", volume, deblur, stack.replace("=3", "=4"), "dimensions");
        add(cases, "a border", volume, deblur, stack + "border=zeros", "border");
        add(cases, "gaps", volume, deblur, stack + "slices=1,3-4", "neighbouring");
        add(cases, "optimize", volume, deblur, stack + "optimize=3", "optimize");
        add(cases, "no depth", volume, deblur, "dimensions=3 width=1", "gaussian");
        add(cases, "no z step", volume, deblur, "dimensions=3 blur=microscope", "na");
        final String slice = psf + "newImage('grey', '32-bit ramp', 24, 20, 1);";
        add(cases, "one slice", slice, deblur, stack, "one z slice");
        final String flat = "newImage('point', '32-bit ramp', 5, 5, 1);";
        add(cases, "flat PSF", flat + GREY, deblur, stack, "several slices");
        add(cases, "3-D RGB", psf + RGB.replace(", 1)", ", 3)"), deblur, stack, "grey levels");
        final String finer = "DeqIR Super-Resolution...";
        add(cases, "one slice", slice, finer, "axis=z", "one z slice");
        add(cases, "bicubic slices", volume, finer, "axis=z kernel=bicubic", "bicubic");
        add(cases, "subsampled pixels", volume, finer, "kernel=subsample", "subsample");
        add(cases, "axis", volume, finer, "axis=x", "axis");
    }

    private static void published(List<Case> cases, String command, String good) {
        final String published = good + " mode=published";
        if (command.contains("Denoise")) {
            cases.add(new Case("published", GREY, command, published, "nothing to denoise"));
            return;
        }
        cases.add(new Case("etw", GREY, command, published + " etw=2", "etw"));
        cases.add(new Case("first", GREY, command, published + " first=1", "timestep"));
        if (!command.contains("Guided"))
            cases.add(
                    new Case(
                            "start of descent",
                            GREY,
                            command,
                            published + " start=reference",
                            "Guided Restoration"));
        if (command.matches(".*(Deblur|Colorize|Inpaint).*"))
            cases.add(new Case("optimize", GREY, command, published + " optimize=2", "reference"));
        if (!command.contains("Colorize"))
            cases.add(
                    new Case(
                            "noise",
                            GREY,
                            command,
                            published + " noise=gaussian sigma=0.1",
                            "without noise"));
        if (!command.contains("Trajectory"))
            cases.add(new Case("warm", GREY, command, published + " warm=true", "warm"));
    }

    private static void particular(List<Case> cases) {
        final String train = "DeqIR Train Prior...";
        final String good = GOOD.get(train);
        final String unnamed = good.replaceAll("name=\\S+", "");
        add(cases, "no name", GREY, train, unnamed, "name");
        add(cases, "path as name", GREY, train, unnamed + "name=../x", "name");
        add(cases, "installed name", GREY, train, unnamed + "name=microscopy-gray", "installed");
        add(cases, "unknown base", GREY, train, good.replace("scratch", "nobody"), "nobody");
        add(
                cases,
                "RGB for a grey base",
                RGB,
                train,
                good.replace("scratch", "microscopy-gray"),
                "microscopy-gray");
        add(cases, "large patch", GREY, train, good.replace("patch=8", "patch=16"), "24 × 20");
        add(
                cases,
                "patch of another stride",
                GREY,
                train,
                good.replace("tiny", "medium").replace("patch=8", "patch=12"),
                "multiples of 8");
        add(cases, "no end", GREY, train, good.replace("steps=1", "steps=0 minutes=0"), "minutes");
        add(cases, "no such source", GREY, train, good + " source=[no such]", "no such");
        add(cases, "nothing to continue", GREY, train, good + " resume=continue", "resume");
        add(cases, "missing device", GREY, train, good + " device=cuda", "cuda");
        final String small = "newImage('small', '8-bit black', 9, 9, 1); selectImage('grey');";
        final String large =
                "newImage('large', '32-bit black', 41, 41, 1); setPixel(20, 20, 1);"
                        + "run('Gaussian Blur...', 'sigma=9'); selectImage('grey');";
        add(cases, "RGB", RGB, "DeqIR Colorize...", GOOD.get("DeqIR Colorize..."), "colour");
        add(
                cases,
                "RGB",
                RGB,
                "DeqIR Compressed Sensing...",
                GOOD.get("DeqIR Compressed Sensing..."),
                "RGB");
        add(cases, "RGB", RGB, "DeqIR Degrade...", "operator=sensing", "RGB");
        add(cases, "RGB", RGB, "DeqIR Compare...", "reference=reference", "RGB");
        add(cases, "grey", GREY, "DeqIR Degrade...", "operator=grey", "grey");
        add(
                cases,
                "mask of another size",
                GREY + small,
                "DeqIR Inpaint...",
                "missing=[mask image] mask=small model=smoother",
                "9 × 9");
        add(
                cases,
                "mask of another size",
                GREY + small,
                "DeqIR Compressed Sensing...",
                "sensing=[scan mask] mask=small model=smoother",
                "9 × 9");
        add(
                cases,
                "mask of another size",
                GREY + small,
                "DeqIR Degrade...",
                "operator=[missing pixels] missing=[mask image] mask=small",
                "9 × 9");
        add(
                cases,
                "reference of another size",
                GREY + small,
                "DeqIR Compare...",
                "reference=small",
                "9 × 9");
        add(cases, "no reference", GREY, "DeqIR Compare...", "peak=1", "reference");
        add(cases, "no mask", GREY, "DeqIR Inpaint...", "missing=[mask image]", "mask");
        add(cases, "no selection", GREY, "DeqIR Inpaint...", "missing=selection", "selection");
        add(cases, "unknown kind", GREY, "DeqIR Inpaint...", "missing=everything", "missing");
        add(cases, "no saturation", GREY, "DeqIR Inpaint...", "missing=saturated", "saturated");
        add(
                cases,
                "nothing missing",
                GREY + "run('Add...', 'value=1 stack');",
                "DeqIR Inpaint...",
                "missing=zeros model=smoother",
                "missing");
        add(
                cases,
                "NaN in 8 bits",
                "newImage('byte', '8-bit ramp', 24, 20, 1);",
                "DeqIR Inpaint...",
                "missing=nan",
                "32-bit");
        for (final String command : List.of("DeqIR Deblur...", "DeqIR Degrade...")) {
            final String blur = (command.contains("Degrade") ? "operator=blur " : "") + "blur=";
            add(
                    cases,
                    "PSF larger than the image",
                    GREY + large,
                    command,
                    blur
                            + "[psf image] psf=large"
                            + (command.contains("Degrade") ? "" : " model=smoother"),
                    "larger");
            add(cases, "no PSF", GREY, command, blur + "[psf image]", "psf");
            add(cases, "closed PSF", GREY, command, blur + "[psf image] psf=gone", "gone");
            add(
                    cases,
                    "empty PSF",
                    GREY + "newImage('flat', '32-bit black', 9, 9, 1); selectImage('grey');",
                    command,
                    blur + "[psf image] psf=flat",
                    "PSF");
            add(cases, "no width", GREY, command, blur + "gaussian", "width");
            add(cases, "no height", GREY, command, blur + "anisotropic width=2", "height");
            add(cases, "unknown blur", GREY, command, blur + "motion", "blur");
            add(
                    cases,
                    "unknown border",
                    GREY,
                    command,
                    blur + "gaussian width=1 border=x",
                    "border");
            if (!command.contains("Degrade"))
                add(
                        cases,
                        "wide blur",
                        GREY,
                        command,
                        blur + "gaussian width=90",
                        "border=mirrored");
            add(cases, "no aperture", GREY, command, blur + "microscope wavelength=500", "na");
            add(cases, "no wavelength", GREY, command, blur + "microscope na=1", "wavelength");
            add(
                    cases,
                    "uncalibrated image",
                    GREY,
                    command,
                    blur + "microscope na=1 wavelength=500",
                    "pixel size");
        }
        volumes(cases);
        final String optics = "na=1.2 wavelength=520 pixel=0.1 step=0.2";
        for (final String[] bad :
                new String[][] {
                    {"wavelength=520", "na"},
                    {"na=1.2", "wavelength"},
                    {"modality=two-photon na=1", "excitation"},
                    {"modality=[light sheet] na=1 wavelength=500", "sheet"},
                    {"modality=sted " + optics, "modality"},
                    {"na=1.2 wavelength=520 step=1", "pixel is missing"},
                    {"na=1.2 wavelength=52 pixel=0.1 step=0.2", "52 nm"},
                    {optics + " immersion=1.1", "1.1"},
                    {optics + " immersion=3", "immersion"},
                    {optics + " slices=4", "slices"},
                    {optics + " size=1000", "size"},
                    {optics + " depth=-1", "depth"},
                    {optics + " sheets=1", "'sheet'"},
                    {optics + " size", "'size'"},
                }) add(cases, bad[0], GREY, "DeqIR Make PSF...", bad[0], bad[1]);
        add(cases, "no pixel size", "", "DeqIR Make PSF...", "na=1 wavelength=500", "pixel");
        add(cases, "scale 0", GREY, "DeqIR Super-Resolution...", "scale=0", "scale");
        add(cases, "scale 9", GREY, "DeqIR Super-Resolution...", "scale=9", "scale");
        add(cases, "half a scale", GREY, "DeqIR Super-Resolution...", "scale=2.5", "scale");
        add(cases, "unknown kernel", GREY, "DeqIR Super-Resolution...", "kernel=cubic", "kernel");
        add(cases, "no ratio", GREY, "DeqIR Compressed Sensing...", "sensing=block", "ratio");
        add(
                cases,
                "ratio 2",
                GREY,
                "DeqIR Compressed Sensing...",
                "sensing=block ratio=2",
                "ratio");
        add(
                cases,
                "noise auto",
                GREY,
                "DeqIR Compressed Sensing...",
                "sensing=block ratio=0.5 noise=auto",
                "auto");
        add(
                cases,
                "16-bit measurement",
                "newImage('short', '16-bit ramp', 24, 20, 1);",
                "DeqIR Compressed Sensing...",
                "sensing=block ratio=0.5",
                "32-bit");
        final String guided = GOOD.get("DeqIR Guided Restoration...");
        for (final String[] bad :
                new String[][] {
                    {"no reference", "reference=reference", "", "reference"},
                    {"closed reference", "reference=reference", "reference=gone", "gone"},
                    {"small reference", "reference=reference", "reference=small", "9 × 9"},
                    {"no rounds", "rounds=1", "rounds=0", "rounds"},
                    {"rate", "rounds=1", "rounds=1 rate=0", "rate"},
                    {"weight", "rounds=1", "rounds=1 weight=-1", "weight"},
                    {"no weight at all", "rounds=1", "rounds=1 weight=0", "detail"},
                    {"no selection", "rounds=1", "rounds=1 region=selection", "selection"},
                    {"unknown task", "task=deblur", "task=paint", "task"},
                    {
                        "nothing to remove",
                        "task=deblur width=1 noise=gaussian",
                        "noise=none",
                        "none"
                    }
                })
            add(
                    cases,
                    bad[0],
                    GREY + small,
                    "DeqIR Guided Restoration...",
                    guided.replace(bad[1], bad[2]),
                    bad[3]);
        add(
                cases,
                "NaN in the reference",
                GREY
                        + "newImage('holes', '32-bit ramp', 24, 20, 1); setPixel(2, 2, NaN);"
                        + " selectImage('grey');",
                "DeqIR Guided Restoration...",
                guided.replace("reference=reference", "reference=holes"),
                "NaN");
        add(
                cases,
                "several slices",
                GREY,
                "DeqIR Show Trajectory...",
                GOOD.get("DeqIR Show Trajectory...") + " slices=all",
                "2 slices");
        add(
                cases,
                "optimize < 0",
                GREY,
                "DeqIR Deblur...",
                GOOD.get("DeqIR Deblur...") + " optimize=-1",
                "optimize");
        add(
                cases,
                "binning and optimize",
                GREY,
                "DeqIR Denoise...",
                GOOD.get("DeqIR Denoise...") + " optimize=1 binning=2",
                "binning");
        add(cases, "noise none", GREY, "DeqIR Denoise...", "noise=none", "none");
        add(cases, "strength 0", GREY, "DeqIR Denoise...", "strength=0", "strength");
        add(
                cases,
                "levels above 255",
                GREY + "run('Add...', 'value=300 stack');",
                "DeqIR Colorize...",
                "model=smoother-rgb",
                "255");
    }

    private static void add(
            List<Case> cases,
            String what,
            String setUp,
            String command,
            String options,
            String word) {
        cases.add(new Case(what, setUp, command, options, word));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void stopsTheMacroWithOneClearSentence(Case bad) {
        final Result result = run(bad, bad.command());
        assertStopped(bad, result, result.error());
    }

    /** The same where SciJava prepares and runs the command on another thread, as in Fiji. */
    @ParameterizedTest
    @MethodSource("cases")
    void stopsTheMacroInFijiToo(Case bad) {
        final Result result = run(bad, FijiLayer.label(bad.command()));
        final List<String> told = FijiLayer.told();
        assertEquals(1, told.size(), told::toString);
        assertStopped(bad, result, told.get(0));
    }

    private static Result run(Case bad, String command) {
        final String others =
                bad.setUp().isEmpty() || bad.setUp().equals(RGB) && !bad.command().contains("Comp")
                        ? ""
                        : "title = getTitle(); newImage('mask', '8-bit black', 24, 20,"
                                + " 1);setPixel(3, 3, 1); newImage('reference', '32-bit ramp', 24,"
                                + " 20, 1);selectImage(title);";
        return MacroRunner.run(
                bad.setUp()
                        + others
                        + "before = nImages;\n"
                        + "run('%s', '%s');\n".formatted(command, bad.options())
                        + "print('went on');");
    }

    private static void assertStopped(Case bad, Result result, String message) {
        assertAll(
                () -> assertFalse(result.log().contains("went on"), "the macro went on"),
                () -> assertTrue(message.contains(bad.word()), message),
                () -> assertTrue(message.endsWith(".") && !message.contains("\n"), message),
                () -> assertFalse(message.contains("Exception"), message),
                () -> assertTrue(message.length() < 260, message),
                () ->
                        assertEquals(
                                List.of(),
                                result.titles().stream().filter(t -> t.contains("-")).toList(),
                                "no partial output"));
    }

    static Stream<Map.Entry<String, String>> good() {
        return GOOD.entrySet().stream();
    }

    @ParameterizedTest
    @MethodSource("good")
    void theSameCommandWithGoodInputsRuns(Map.Entry<String, String> good) {
        MacroRunner.run(
                        GREY
                                + "newImage('mask', '8-bit black', 24, 20, 1); setPixel(3, 3, 1);"
                                + "newImage('reference', '32-bit ramp', 24, 20, 1);"
                                + "selectImage('grey');"
                                + "run('%s', '%s');".formatted(good.getKey(), good.getValue()))
                .succeeded();
    }
}
