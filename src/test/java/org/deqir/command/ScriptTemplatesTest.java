/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.deqir.command.key.Keys;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.module.ModuleItem;
import org.scijava.script.ScriptInfo;
import org.scijava.script.ScriptModule;
import org.scijava.script.ScriptService;
import org.scijava.service.Service;

/** The templates of the script editor run as they are, and use keys that exist. */
@Tag("slow")
class ScriptTemplatesTest {

    private static final Path FOLDER = Path.of("plugin-resources", "script_templates", "DeqIR");
    private static final Context CONTEXT = new Context();

    /** As Fiji's legacy layer does it. */
    @BeforeAll
    static void knowImages() {
        CONTEXT.service(ScriptService.class).addAlias(ImagePlus.class);
    }

    @AfterAll
    static void dispose() {
        CONTEXT.dispose();
    }

    static List<Path> templates() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.sorted().toList();
        }
    }

    static List<Path> macros() throws IOException {
        return templates().stream()
                .filter(file -> file.toString().endsWith(".ijm"))
                .filter(file -> !read(file).contains("#@"))
                .toList();
    }

    static List<Path> scripts() throws IOException {
        return templates().stream().filter(file -> !file.toString().endsWith(".ijm")).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void fijisScriptEditorFindsThem() throws IOException {
        for (final Path file : templates())
            assertNotNull(
                    getClass().getResource("/script_templates/DeqIR/" + file.getFileName()),
                    file.toString());
    }

    @ParameterizedTest
    @MethodSource("templates")
    void theFirstLineSaysWhatItDoes(Path file) {
        assertTrue(read(file).matches("(?s)(//|#) [A-Z].{20,}"), file.toString());
    }

    @ParameterizedTest
    @MethodSource("macros")
    void macrosRunOnAnImage(Path file) {
        final String macro =
                read(file)
                        // what the user is asked gets its default
                        .replaceAll("get(?:String|Number)\\([^,]*, ([^)]*)\\)", "$1")
                        .replace("model=auto", "model=smoother")
                        .replaceAll(
                                "(?s)(run\\(\"DeqIR (?!Degrade|Compare|Colorize)[^;]*?)\"\\);",
                                "$1 model=smoother\");")
                        .replace("mode=sample seed=1", "mode=sample seed=1 model=smoother-rgb")
                        .replace("samples=8", "samples=2");
        final String setUp =
                """
                newImage('mask.tif', '8-bit black', 40, 32, 1);
                setPixel(3, 4, 1);
                newImage('bead.tif', '32-bit black', 11, 11, 1);
                setPixel(5, 5, 90);
                run('Gaussian Blur...', 'sigma=1');
                selectImage('cells.tif');
                run('Add Specified Noise...', 'stack standard=900');
                makeOval(9, 8, 5, 6);
                """;
        final ImagePlus cells = IJ.createImage("cells.tif", "16-bit ramp", 40, 32, 2);
        cells.getCalibration().setUnit("um");
        cells.getCalibration().pixelWidth = 0.1;
        cells.getCalibration().pixelHeight = 0.1;
        final int before = SmootherService.calls();
        final MacroRunner.Result result = MacroRunner.run(cells, setUp + macro).succeeded();
        assertTrue(SmootherService.calls() > before, "something was restored");
        assertTrue(result.titles().stream().anyMatch(title -> title.startsWith("cells-")));
    }

    /** Groovy and Jython scripts of one image, and of all images of a folder. */
    @ParameterizedTest
    @MethodSource("scripts")
    void scriptsRunOnImages(Path file, @TempDir Path folder) throws Exception {
        final String script =
                read(file)
                        .replaceAll("image: (image|first|channel)", "image: $1, model: 'smoother'")
                        .replace(
                                "\"image\": channel", "\"image\": channel, \"model\": \"smoother\"")
                        .replace(
                                "values.put(\"image\", image)",
                                "values.put(\"image\", image); values.put(\"model\", \"smoother\")");
        assertNotEquals(read(file), script, "the script gives an image");
        final Path input = Files.createDirectories(folder.resolve("in"));
        final Path output = Files.createDirectories(folder.resolve("out"));
        final ImagePlus cells = noisy("cells", script.contains("ChannelSplitter") ? 2 : 1, 3);
        IJ.saveAsTiff(noisy("one", 1, 1), input.resolve("one.tif").toString());
        IJ.saveAsTiff(noisy("two", 1, 2), input.resolve("two.tif").toString());
        final Map<String, Object> inputs = new HashMap<>();
        for (final ModuleItem<?> item : scriptInfo(file, script).inputs())
            switch (item.getName()) {
                case "input" -> inputs.put("input", input.toFile());
                case "output" -> inputs.put("output", output.toFile());
                case "task" -> inputs.put("task", "Denoise");
                case "suffix" -> inputs.put("suffix", ".tif");
                case "image" -> inputs.put("image", cells);
                case "first", "second" ->
                        inputs.put(item.getName(), script.contains("wavelength") ? 500.0 : 10.0);
                case "aperture" -> inputs.put("aperture", 1.2);
                case "known" -> inputs.put("known", "");
                default ->
                        assertFalse(
                                item.isInput() && item.isRequired() && isAsked(item),
                                item.getName());
            }
        final int before = SmootherService.calls();
        final ScriptModule module =
                CONTEXT.service(ScriptService.class)
                        .run(file.getFileName().toString(), script, true, inputs)
                        .get();
        assertTrue(SmootherService.calls() > before, "something was restored");
        if (inputs.containsKey("image")) {
            final ImagePlus result = (ImagePlus) module.getOutput("result");
            assertTrue(result.getTitle().startsWith("cells-de"), result.getTitle());
            assertArrayEquals(cells.getDimensions(), result.getDimensions());
            assertEquals(cells.getCalibration().getUnit(), result.getCalibration().getUnit());
            assertEquals(0.1, result.getCalibration().pixelWidth);
        } else {
            final ImagePlus two = IJ.openImage(output.resolve("two-denoised.tif").toString());
            assertEquals(2, two.getStackSize());
            assertNotNull(IJ.openImage(output.resolve("one-denoised.tif").toString()));
        }
    }

    private static ScriptInfo scriptInfo(Path file, String script) {
        return new ScriptInfo(CONTEXT, file.getFileName().toString(), new StringReader(script));
    }

    private static boolean isAsked(ModuleItem<?> item) {
        return !Service.class.isAssignableFrom(item.getType());
    }

    private static ImagePlus noisy(String title, int channels, int frames) {
        final ImagePlus image = IJ.createHyperStack(title, 40, 32, channels, 1, frames, 16);
        for (int i = 1; i <= image.getStackSize(); i++) {
            image.getStack().getProcessor(i).add(500);
            image.getStack().getProcessor(i).noise(20);
        }
        image.getCalibration().setUnit("um");
        image.getCalibration().pixelWidth = 0.1;
        image.getCalibration().pixelHeight = 0.1;
        return image;
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void scriptsUseKeysThatExist(Path file) {
        final String script = read(file);
        final Set<String> known = new TreeSet<>(Set.of("image"));
        final Matcher classes =
                Pattern.compile("org\\.deqir\\.command\\.(\\w+)Command").matcher(script);
        final CommandService commands = CONTEXT.service(CommandService.class);
        while (classes.find()) {
            final CommandInfo command = commands.getCommand(classes.group());
            assertNotNull(command, classes.group());
            known.addAll(names(command));
        }
        final Matcher tasks = Pattern.compile("choices=\\{([^}]*)\\}").matcher(script);
        if (tasks.find())
            for (final String task : tasks.group(1).split(",\\s*")) {
                final String name = "org.deqir.command." + task.replace("\"", "") + "Command";
                assertNotNull(commands.getCommand(name), name);
                known.addAll(names(commands.getCommand(name)));
            }
        final Pattern key =
                Pattern.compile(
                        file.toString().endsWith(".py") ? "\"([a-z]+)\": " : "[\\[\\s]([a-z]+): ");
        final Matcher used = key.matcher(script.replaceAll("(?m)^\\s*(//|#).*$", ""));
        boolean any = false;
        while (used.find()) {
            any = true;
            assertTrue(known.contains(used.group(1)), used.group(1) + " is a key");
        }
        assertTrue(any, "the script gives keys");
        assertFalse(known.isEmpty());
    }

    private static Set<String> names(CommandInfo command) {
        return Keys.of(command).stream().map(ModuleItem::getName).collect(Collectors.toSet());
    }
}
