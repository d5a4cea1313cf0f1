/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.scijava.Context;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.module.ModuleService;

/**
 * The committed lists of labels and keys say what the commands say. After a change of a command,
 * {@code mvn test -Dtest=CommandReferenceTest -Ddeqir.write=true} writes them anew.
 */
class CommandReferenceTest {

    private static final String PAGE = "src/site/markdown/macro-reference.md";
    private static final String CHEAT_SHEET = "plugin-resources/cheat-sheet.md";

    @ParameterizedTest
    @ValueSource(strings = {PAGE, CHEAT_SHEET})
    void theCommittedTextIsThatOfTheCommands(String name) throws IOException {
        final Path file = Path.of(name);
        final String expected;
        try (Context context = new Context()) {
            final List<CommandInfo> commands =
                    context.service(CommandService.class).getCommands().stream()
                            .filter(info -> info.getClassName().startsWith("org.deqir.command."))
                            .sorted(
                                    Comparator.comparingDouble(
                                            info -> info.getMenuPath().getLeaf().getWeight()))
                            .toList();
            final CommandReference reference =
                    new CommandReference(commands, context.service(ModuleService.class));
            expected = name.equals(PAGE) ? reference.page() : reference.cheatSheet();
        }
        if (Boolean.getBoolean("deqir.write")) Files.writeString(file, expected);
        assertEquals(
                expected,
                Files.readString(file),
                () -> name + " is out of date; see the javadoc of this test");
    }
}
