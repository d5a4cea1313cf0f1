/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.Menus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.scijava.MenuEntry;
import org.scijava.MenuPath;
import org.scijava.command.Command;
import org.scijava.plugin.PluginIndex;
import org.scijava.plugin.PluginInfo;

/**
 * The menu of the DeqIR commands, as their own annotations declare it.
 *
 * <p>The annotations are read from the index that the compiler wrote ({@code
 * META-INF/json/org.scijava.plugin.Plugin}); no command class is loaded.
 */
public final class CommandMenu {

    private static final String PACKAGE = "org.deqir.";

    /**
     * One command in the menu.
     *
     * @param menu where it stands, for example {@code Plugins>DeqIR}
     * @param label its name, in the menu as in {@code run("...")}
     * @param className the class of the command
     */
    public record Entry(String menu, String label, String className) {

        /** What ImageJ runs for this entry: a plugin class and its argument. */
        String action() {
            return DeqIRPlugIn.class.getName() + "(\"" + className + "\")";
        }

        /** The line of this entry in a {@code plugins.config}. */
        String configuration() {
            return menu + ", \"" + label + "\", " + action();
        }
    }

    private CommandMenu() {}

    /** {@return the DeqIR commands on the class path, in the order of the menu} */
    public static List<Entry> entries() {
        final PluginIndex index = new PluginIndex();
        index.discover();
        return index.getPlugins(Command.class).stream()
                .filter(info -> info.getClassName().startsWith(PACKAGE))
                .filter(info -> info.isVisible() && info.getMenuPath().size() > 1)
                .sorted(
                        Comparator.comparingDouble(
                                        (PluginInfo<?> info) ->
                                                info.getMenuPath().getLeaf().getWeight())
                                .thenComparing(info -> info.getMenuPath().getMenuString()))
                .map(CommandMenu::entry)
                .toList();
    }

    private static Entry entry(PluginInfo<?> info) {
        final MenuPath path = info.getMenuPath();
        final String menu =
                path.subList(0, path.size() - 1).stream()
                        .map(MenuEntry::getName)
                        .collect(Collectors.joining(">"));
        return new Entry(menu, path.getLeaf().getName(), info.getClassName());
    }

    /**
     * Tells a running ImageJ about the commands, where no {@code plugins.config} did. Its menus
     * must have been read before.
     */
    @SuppressWarnings("unchecked")
    public static void register() {
        for (Entry entry : entries()) Menus.getCommands().put(entry.label(), entry.action());
    }

    /**
     * Build step: writes the {@code plugins.config} of the bridge to the file that is named.
     *
     * @param arguments the file's path, alone
     * @throws IOException if it cannot be written
     */
    public static void main(String[] arguments) throws IOException {
        final Path file = Path.of(arguments[0]);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(
                file,
                entries().stream().map(Entry::configuration).toList(),
                StandardCharsets.ISO_8859_1);
    }
}
