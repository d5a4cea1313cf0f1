/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every macro that README and the user guide show runs, word for word but for the folder of the
 * images and, for speed, the prior.
 */
@Tag("slow")
class DocumentedMacrosTest {

    private static final List<String> PAGES =
            List.of("README.md", "src/site/markdown/user-guide.md");
    private static final Pattern FENCED = Pattern.compile("```\n(.*?)```", Pattern.DOTALL);
    private static final Pattern RESTORING =
            Pattern.compile(
                    "run\\(\"DeqIR (?!Degrade|Compare|Evaluate|Make|Train|Import|Models)([^\"]*)\", \"([^\"]*)\"");

    private static final String UNTOLD = "schedule=linear timesteps=1000 heads=1";

    @TempDir Path folder;

    static List<String> macros() throws IOException {
        final List<String> macros = new ArrayList<>();
        for (final String page : PAGES) {
            final Matcher fenced = FENCED.matcher(Files.readString(Path.of(page)));
            while (fenced.find())
                if (fenced.group(1).contains("run(\"DeqIR")) macros.add(fenced.group(1));
        }
        assertTrue(macros.size() > 1, "the pages show macros");
        return macros;
    }

    @BeforeEach
    void writeImages() {
        save("stack.tif", IJ.createImage("stack", "16-bit ramp", 32, 32, 2));
        save("cells.tif", IJ.createImage("cells", "16-bit ramp", 32, 32, 1));
        save("reference.tif", IJ.createImage("reference", "16-bit ramp", 32, 32, 1));
        save("section.tif", IJ.createImage("section", "16-bit ramp", 32, 32, 1));
        final ImagePlus bead = IJ.createImage("bead", "32-bit black", 15, 15, 1);
        bead.getProcessor().setf(7, 7, 100);
        IJ.run(bead, "Gaussian Blur...", "sigma=1.2");
        save("bead.tif", bead);
        assertTrue(folder.resolve("images").toFile().mkdir());
        assertTrue(folder.resolve("truths").toFile().mkdir());
        save("truths/one.tif", IJ.createImage("one", "16-bit ramp", 32, 32, 1));
        save("images/one.tif", IJ.createImage("one", "16-bit ramp", 32, 32, 2));
        try {
            Files.copy(
                    Path.of("src", "test", "resources", "fixtures", "guided-plain-gray.pt"),
                    folder.resolve("256x256_diffusion_uncond.pt"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        SmootherService.modelsIn(folder.resolve("models"));
    }

    @AfterEach
    void installModelsWhereTheyBelong() {
        SmootherService.modelsIn(null);
    }

    private void save(String name, ImagePlus image) {
        assertTrue(IJ.saveAsTiff(image, folder.resolve(name).toString()), name);
    }

    @ParameterizedTest
    @MethodSource("macros")
    void runs(String macro) {
        final String here = macro.replace("/path/to/", folder.toString().replace('\\', '/') + "/");
        final String quick =
                RESTORING
                        .matcher(here)
                        .replaceAll(
                                call ->
                                        "run(\"DeqIR $1\", \"$2 model=smoother"
                                                + (call.group(1).startsWith("Colorize")
                                                        ? "-rgb"
                                                        : "")
                                                + "\"")
                        .replace("task=deblur output", "task=deblur keys=[model=smoother] output")
                        .replace("model=auto ", "")
                        .replace("model=my-cells ", "")
                        .replace("base=microscopy-gray", "base=scratch size=tiny patch=8 batch=1")
                        // the small network in the place of the published one is not known
                        .replace("name=imagenet", "name=imagenet " + UNTOLD)
                        .replaceAll("minutes=\\d+", "steps=1");
        final int before = SmootherService.calls();
        MacroRunner.run(imported(quick)).succeeded();
        if (!quick.contains("model=imagenet") && !quick.contains("name=imagenet"))
            assertTrue(SmootherService.calls() > before, "something was restored");
    }

    /** What a page does with an imported model comes after what imports it. */
    private String imported(String macro) {
        if (!macro.contains("model=imagenet")) return macro;
        return "run(\"DeqIR Import Model...\", \"file=["
                + folder.resolve("256x256_diffusion_uncond.pt").toString().replace('\\', '/')
                + "] name=imagenet "
                + UNTOLD
                + "\");\n"
                + macro;
    }
}
