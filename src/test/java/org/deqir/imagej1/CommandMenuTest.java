/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.Menus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deqir.testing.ToyCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;

/** The menu of the bridge agrees with what the commands declare. */
class CommandMenuTest {

    @Test
    void everyCommandIsListedOnceUnderItsLabel() {
        try (Context context = new Context(CommandService.class)) {
            final List<String> declared =
                    context.service(CommandService.class).getCommands().stream()
                            .filter(command -> command.getClassName().startsWith("org.deqir."))
                            .map(CommandMenuTest::line)
                            .sorted()
                            .toList();
            final List<String> listed =
                    CommandMenu.entries().stream()
                            .map(CommandMenu.Entry::configuration)
                            .sorted()
                            .toList();
            assertEquals(declared, listed);
        }
    }

    private static String line(CommandInfo command) {
        return String.format(
                "Plugins>DeqIR, \"%s\", org.deqir.imagej1.DeqIRPlugIn(\"%s\")",
                command.getMenuPath().getLeaf().getName(), command.getClassName());
    }

    @Test
    void theConfigurationOfTheBridgeHasALineForEachCommand(@TempDir Path folder) throws Exception {
        final Path file = folder.resolve("made/plugins.config");
        CommandMenu.main(new String[] {file.toString()});
        assertTrue(
                Files.readAllLines(file)
                        .contains(
                                "Plugins>DeqIR, \"DeqIR Toy...\","
                                        + " org.deqir.imagej1.DeqIRPlugIn(\"org.deqir.testing.ToyCommand\")"));
        assertEquals(CommandMenu.entries().size(), Files.readAllLines(file).size());
    }

    @Test
    void imageJFindsRegisteredCommandsByName() {
        HeadlessMacro.initialize();
        CommandMenu.register();
        assertEquals(
                "org.deqir.imagej1.DeqIRPlugIn(\"" + ToyCommand.class.getName() + "\")",
                Menus.getCommands().get("DeqIR Toy..."));
    }

    @Test
    void fijiSeesNoMenuOfTheBridge() {
        assertNull(CommandMenu.class.getResource("/plugins.config"));
    }
}
