/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.group.KeyGroups;
import org.deqir.command.key.Keys;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.Priority;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandService;
import org.scijava.module.ModuleItem;
import org.scijava.plugin.Plugin;

/** Labels and keys are public: macros are written with them. */
class CommandKeysTest {

    private static final Context CONTEXT = new Context(KeyGroups.class);

    @AfterAll
    static void dispose() {
        CONTEXT.dispose();
    }

    static List<CommandInfo> commands() {
        return CONTEXT.service(CommandService.class).getCommands().stream()
                .filter(info -> info.getClassName().startsWith("org.deqir.command."))
                .toList();
    }

    @Test
    void theMenuHasAllCommands() {
        final List<String> labels = new ArrayList<>();
        for (final CommandInfo command : commands()) {
            assertEquals(
                    "Plugins > DeqIR",
                    command.getMenuPath().subList(0, 2).stream()
                            .map(Object::toString)
                            .reduce((a, b) -> a + " > " + b)
                            .orElse(""));
            labels.add(command.getMenuPath().getLeaf().getName());
        }
        assertEquals(
                Set.of(
                        "DeqIR Denoise...",
                        "DeqIR Deblur...",
                        "DeqIR Super-Resolution...",
                        "DeqIR Inpaint...",
                        "DeqIR Colorize...",
                        "DeqIR Compressed Sensing...",
                        "DeqIR Guided Restoration...",
                        "DeqIR Degrade...",
                        "DeqIR Compare...",
                        "DeqIR Evaluate...",
                        "DeqIR Show Trajectory...",
                        "DeqIR Make PSF...",
                        "DeqIR Train Prior...",
                        "DeqIR Import Model...",
                        "DeqIR Models..."),
                new HashSet<>(labels));
        assertEquals(15, labels.size(), "every label once");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void keysAreSafeInMacros(CommandInfo command) {
        assertTrue(command.isValid(), () -> "problems: " + command.getProblems());
        assertTrue(command.canRunHeadless(), "headless");
        assertNotNull(getClass().getResource(command.getIconPath()), "icon");
        assertTrue(command.get(DeqirCommand.HELP).startsWith("https://"), "help page");
        final List<ModuleItem<?>> keys = Keys.of(command);
        for (final ModuleItem<?> key : keys) {
            final String name = key.getName();
            assertAll(
                    name,
                    () -> assertTrue(name.matches("[a-z]+"), "lower case, one word"),
                    () -> assertFalse(key.isPersisted(), "a value of an earlier run would be used"),
                    () -> assertFalse(File.class.isAssignableFrom(key.getType()), "no file input"),
                    () -> assertFalse(key.getType().isPrimitive(), "must be able to be missing"),
                    () ->
                            assertTrue(
                                    key.isRequired() || key.getType() == ImagePlus.class,
                                    "only the image may be absent"),
                    () -> assertFalse(key.getLabel().isEmpty(), "has a label"));
            for (final ModuleItem<?> other : keys)
                assertFalse(
                        other != key && other.getName().endsWith(name),
                        () -> name + " is the end of " + other.getName());
        }
    }

    /**
     * Fiji's layer, a little above normal, keeps the commands that it finds when it makes menus.
     */
    @Test
    void keysOfGroupsAreKnownBeforeFijiMakesItsMenus() {
        final double priority = KeyGroups.class.getAnnotation(Plugin.class).priority();
        assertTrue(priority >= Priority.EXTREMELY_HIGH, "priority " + priority);
        final CommandInfo deblur =
                CONTEXT.service(CommandService.class).getCommand(DeblurCommand.class);
        assertEquals("gaussian", deblur.getInput("blur").getDefaultValue());
        assertEquals(String.class, deblur.getInput("blur", String.class).getType());
    }

    /** What Degrade stores, another command takes. */
    @Test
    void keysThatDegradeAndTheRestoringCommandsShareAreDeclaredAlike() throws Exception {
        final Map<String, ModuleItem<?>> first = new HashMap<>();
        int shared = 0;
        for (final CommandInfo command : commands()) {
            final Class<?> type = Class.forName(command.getClassName());
            if (type != DegradeCommand.class && !RestorationCommand.class.isAssignableFrom(type))
                continue;
            for (final ModuleItem<?> key : Keys.of(command)) {
                final ModuleItem<?> other = first.putIfAbsent(key.getName(), key);
                if (other == null) continue;
                shared++;
                assertAll(
                        key.getName() + " of " + command.getTitle(),
                        () -> assertEquals(other.getLabel(), key.getLabel()),
                        () -> assertEquals(other.getType(), key.getType()),
                        () -> assertEquals(other.getMinimumValue(), key.getMinimumValue()),
                        () -> assertEquals(other.getMaximumValue(), key.getMaximumValue()),
                        () -> assertTrue(oneHoldsTheOther(other.getChoices(), key.getChoices())));
            }
        }
        assertTrue(shared > 100, shared + " shared keys");
    }

    private static boolean oneHoldsTheOther(List<?> a, List<?> b) {
        if (a == null || b == null) return a == b;
        return a.containsAll(b) || b.containsAll(a);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void choicesArePlainWords(CommandInfo command) {
        for (final ModuleItem<?> key : Keys.of(command))
            if (key.getChoices() != null)
                for (final Object choice : key.getChoices())
                    assertTrue(
                            String.valueOf(choice).matches("[a-z0-9]([a-z0-9 -]*[a-z0-9])?"),
                            () -> key.getName() + " = " + choice);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void messagesAreNotPersisted(CommandInfo command) {
        for (final ModuleItem<?> item : command.inputs())
            if (item.getVisibility() == ItemVisibility.MESSAGE) {
                assertFalse(item.isPersisted(), item.getName());
                assertFalse(item.isRequired(), item.getName());
                assertEquals(item.getName().toLowerCase(Locale.ROOT), item.getName());
            }
    }
}
