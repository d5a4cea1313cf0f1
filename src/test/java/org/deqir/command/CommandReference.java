/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.deqir.command.base.ChainCommand;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.NeighbouredCommand;
import org.deqir.command.base.NoisyRestorationCommand;
import org.deqir.command.base.OptimizedRestorationCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.group.GroupedItem;
import org.deqir.command.key.Keys;
import org.scijava.command.CommandInfo;
import org.scijava.command.CommandModuleItem;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.ModuleService;

/**
 * The pages that list labels, keys, choices and defaults, made from the commands themselves: {@link
 * #page} in full for the site, {@link #cheatSheet} on one page for the users' desks.
 */
final class CommandReference {

    private final List<CommandInfo> commands;
    private final ModuleService modules;

    /**
     * @param commands in the order of the menu
     */
    CommandReference(List<CommandInfo> commands, ModuleService modules) {
        this.commands = commands;
        this.modules = modules;
    }

    /** Every command with all its keys; those that many share are described once. */
    String page() {
        final StringBuilder page = new StringBuilder();
        page.append(
                """
                # Macro reference

                <!-- Written by CommandReferenceTest from the commands; do not edit. -->

                A macro gives keys as `key=value`; values with spaces are put in brackets, `blur=[psf image]`; `preview` alone stands for
                `preview=true`. Keys that are left out have the default, whatever a dialog said before. As soon as a macro gives any key
                there is no dialog. A key that does not exist, or a value that is not accepted stops the macro with one
                sentence; a key that the other choices do not need does not.

                Every command works on the image that is active where it is called: the current one of the macro, in batch mode too, or
                the `imp` of `IJ.run(imp, ...)`, hidden or not. `image=[title]` names another. In Groovy, Jython and Java it is the input
                `image`.
                """);
        for (final CommandInfo command : commands) {
            page.append("\n## ").append(label(command)).append("\n\n");
            page.append("Class `").append(command.getClassName()).append("`.");
            if (RestorationCommand.class.isAssignableFrom(type(command)))
                page.append(
                        isNoisy(command)
                                ? " Shared keys: "
                                        + (isNeighboured(command)
                                                ? "[neighbours](#neighbouring-planes), "
                                                : "")
                                        + "[noise](#noise-of-the-measurement),"
                                        + " [prior and sampling](#prior-and-sampling),"
                                        + " [the chain](#the-chain-for-experts)."
                                : " Shared keys: [prior and sampling](#prior-and-sampling),"
                                        + " [the chain](#the-chain-for-experts).");
            page.append('\n');
            final Predicate<ModuleItem<?>> own =
                    key -> owner(key) == type(command) || owner(key) == DeqirCommand.class;
            page.append(table(command, own));
            if (isNoisy(command)) page.append(noiseHere(command));
        }
        final CommandInfo first = commands.get(0);
        page.append(heading("Neighbouring planes"));
        page.append(table(first, key -> owner(key) == NeighbouredCommand.class));
        page.append(heading("Noise of the measurement"));
        page.append(table(first, key -> owner(key) == NoisyRestorationCommand.class));
        page.append(heading("Prior and sampling"));
        page.append(table(first, key -> owner(key) == RestorationCommand.class));
        page.append(heading("The chain for experts"));
        page.append(table(first, key -> owner(key) == ChainCommand.class));
        return page.toString();
    }

    /** With an anchor, since GitHub and Maven make different ones of headings. */
    private static String heading(String text) {
        final String anchor = text.toLowerCase(Locale.ROOT).replace(' ', '-');
        return "\n<a id=\"" + anchor + "\"></a>\n\n## " + text + "\n";
    }

    /** Labels and keys with their defaults, without explanations. */
    String cheatSheet() {
        final StringBuilder sheet = new StringBuilder();
        sheet.append(
                """
                # DeqIR: labels and keys

                <!-- Written by CommandReferenceTest from the commands; do not edit. -->

                `run("DeqIR Denoise...", "noise=gaussian sigma=5");` Keys that are left out have the default given here.
                `a|b` are choices, the first one given is the default. Values with spaces: `blur=[psf image]`.

                | command | its own keys |
                |---|---|
                """);
        for (final CommandInfo command : commands)
            row(sheet, "`" + label(command) + "`", command, key -> owner(key) == type(command));
        final CommandInfo first = commands.get(0);
        row(
                sheet,
                "denoise, deblur, inpaint",
                first,
                key -> owner(key) == NeighbouredCommand.class);
        row(
                sheet,
                "these, super-resolution, sensing",
                first,
                key -> owner(key) == OptimizedRestorationCommand.class);
        row(sheet, "noise", first, key -> owner(key) == NoisyRestorationCommand.class);
        row(sheet, "all that restore", first, key -> owner(key) == RestorationCommand.class);
        row(sheet, "the chain", first, key -> owner(key) == ChainCommand.class);
        return sheet.toString();
    }

    private void row(
            StringBuilder sheet, String head, CommandInfo command, Predicate<ModuleItem<?>> which) {
        final Module module = modules.createModule(command);
        final StringBuilder keys = new StringBuilder();
        for (final ModuleItem<?> key : Keys.of(command)) {
            if (!which.test(key)) continue;
            keys.append(keys.isEmpty() ? "`" : " `").append(key.getName()).append('=');
            final Object value = key.getValue(module);
            keys.append(value);
            for (final Object choice : choices(key))
                if (!choice.equals(value)) keys.append("\\|").append(choice);
            keys.append('`');
        }
        sheet.append("| ").append(head).append(" | ").append(keys.isEmpty() ? "none" : keys);
        sheet.append(" |\n");
    }

    private String table(CommandInfo command, Predicate<ModuleItem<?>> which) {
        final Module module = modules.createModule(command);
        final StringBuilder table = new StringBuilder();
        for (final ModuleItem<?> key : Keys.of(command)) {
            if (!which.test(key) || key.getType() == ImagePlus.class) continue;
            if (table.isEmpty())
                table.append(
                        "\n"
                                + "| key | in the dialog | accepted | default | |\n"
                                + "|---|---|---|---|---|\n");
            table.append("| `").append(key.getName());
            table.append("` | ").append(key.getLabel());
            table.append(" | ").append(accepted(key));
            table.append(" | ").append(value(key.getValue(module)));
            table.append(" | ").append(description(key)).append(" |\n");
        }
        return table.toString();
    }

    /** What a command changes about the shared noise key. */
    private String noiseHere(CommandInfo command) {
        final Module module = modules.createModule(command);
        final NoisyRestorationCommand plugin = (NoisyRestorationCommand) module.getDelegateObject();
        final Object noise = module.getInput("noise");
        final List<String> usual = List.of("auto", "none", "gaussian", "poisson-gaussian");
        if (plugin.noiseChoices().equals(usual) && noise.equals("auto")) return "";
        return "\nHere `noise` is one of `"
                + String.join("`, `", plugin.noiseChoices())
                + "`, by default `"
                + noise
                + "`.\n";
    }

    private static String accepted(ModuleItem<?> key) {
        if (!choices(key).isEmpty()) {
            final List<String> choices =
                    choices(key).stream().map(choice -> "`" + choice + "`").toList();
            return String.join(", ", choices);
        }
        if (key.getType() == Boolean.class) return "`true`, `false`";
        final boolean whole = key.getType() == Integer.class || key.getType() == Long.class;
        if (!Number.class.isAssignableFrom(key.getType())) return "text";
        final String kind = whole ? "whole number" : "number";
        final Object least = key.getMinimumValue();
        final Object most = key.getMaximumValue();
        if (least == null) return kind;
        return kind + (most == null ? " from " + least : " " + least + " to " + most);
    }

    private static List<?> choices(ModuleItem<?> key) {
        return key.getChoices() == null ? List.of() : key.getChoices();
    }

    private static String value(Object value) {
        return value == null || value.equals("") ? "empty" : "`" + value + "`";
    }

    private static String description(ModuleItem<?> key) {
        return key.getDescription() == null ? "" : key.getDescription();
    }

    private static boolean isNeighboured(CommandInfo command) {
        return NeighbouredCommand.class.isAssignableFrom(type(command));
    }

    private static boolean isNoisy(CommandInfo command) {
        return NoisyRestorationCommand.class.isAssignableFrom(type(command));
    }

    private static String label(CommandInfo command) {
        return command.getMenuPath().getLeaf().getName();
    }

    private static Class<?> owner(ModuleItem<?> key) {
        if (key instanceof GroupedItem<?> item) return item.owner();
        final Field field = ((CommandModuleItem<?>) key).getField();
        return field.getDeclaringClass();
    }

    private static Class<?> type(CommandInfo command) {
        try {
            return command.loadClass();
        } catch (org.scijava.InstantiableException e) {
            throw new IllegalStateException("The class of " + command + " cannot be loaded", e);
        }
    }
}
