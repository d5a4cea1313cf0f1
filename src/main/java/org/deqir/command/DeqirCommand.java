/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.scijava.ItemVisibility;
import org.scijava.app.StatusService;
import org.scijava.command.CommandService;
import org.scijava.command.DynamicCommand;
import org.scijava.convert.ConvertService;
import org.scijava.log.LogService;
import org.scijava.module.ModuleItem;
import org.scijava.plugin.Parameter;
import org.scijava.task.TaskService;
import org.scijava.thread.ThreadService;

/**
 * What all DeqIR commands have in common: the image, where the values of keys come from, how a run
 * ends.
 *
 * <p>A key's value is, in this order: what the macro, script or user gave; what {@code DeqIR
 * Degrade...} stored in the image; the default. Values of earlier runs are never used. As soon as a
 * macro or script gives any key there is no dialog; keys it does not give keep their defaults.
 *
 * <p>A run ends with its outputs, or with one clear sentence and no output at all. In a macro the
 * sentence stops the macro; in a headless script it is thrown; otherwise it is shown.
 */
abstract class DeqirCommand extends DynamicCommand {

    private static final String TITLE = "DeqIR";

    /** Not required, so that a missing image is told by us and stops a macro. */
    @Parameter(label = "Image", required = false, persist = false)
    ImagePlus image;

    @Parameter private CommandService commands;
    @Parameter private ConvertService converters;
    @Parameter StatusService status;
    @Parameter private TaskService tasks;
    @Parameter ThreadService threads;
    @Parameter LogService log;

    /**
     * Does the work and sets the outputs.
     *
     * @throws IllegalArgumentException if an input is not acceptable, with a sentence for the user
     * @throws CancellationException if the user cancelled
     */
    abstract void execute(CommandProgress progress);

    /** Removes whatever {@link #execute} has set: a failed run has no outputs. */
    abstract void clearOutputs();

    /** Keys that the dialog lists last, in this order. */
    List<String> lastKeys() {
        return List.of();
    }

    /** Keys that have no place in the dialog; macros and scripts can give them. */
    Set<String> expertKeys() {
        return Set.of();
    }

    /** Replaces defaults that do not suit the task; called after stored values were taken. */
    void adaptDefaults() {}

    /** Prepares choices and messages of the dialog; called only if there will be one. */
    void prepareDialog() {}

    /** SciJava's initializer: runs when the given values are known and before the dialog. */
    @SuppressWarnings("unused") // named by the @Plugin annotations
    void initializeInputs() {
        moveToEnd(lastKeys());
        final boolean anyGiven = keys().stream().anyMatch(item -> isInputResolved(item.getName()));
        if (image != null) takeStoredValues();
        adaptDefaults();
        if (anyGiven) getInfo().inputs().forEach(item -> resolveInput(item.getName()));
        else if (image == null && !IJ.isMacro()) cancel(PlaneSource.NO_IMAGE);
        else {
            expertKeys().forEach(this::resolveInput);
            if (!GraphicsEnvironment.isHeadless()) prepareDialog();
        }
    }

    private void moveToEnd(List<String> names) {
        for (final String name : names) {
            final ModuleItem<?> item = getInfo().getInput(name);
            getInfo().removeInput(item);
            getInfo().addInput(item);
        }
    }

    /** Lets the dialog offer the titles of open images for a key, beside none. */
    final void offerOpenImages(String... names) {
        final List<String> titles = new ArrayList<>();
        titles.add("");
        titles.addAll(Titles.ofOpenImages());
        for (final String name : names)
            getInfo().getMutableInput(name, String.class).setChoices(titles);
    }

    /** The line that repeats this run in a macro. */
    final String macroLine() {
        final StringBuilder options = new StringBuilder();
        for (final ModuleItem<?> item : keys()) {
            if (item.getVisibility() == ItemVisibility.INVISIBLE) continue;
            final String value = String.valueOf(getInput(item.getName()));
            options.append(options.isEmpty() ? "" : " ").append(item.getName()).append('=');
            options.append(value.isEmpty() || value.contains(" ") ? "[" + value + "]" : value);
        }
        return "run(\"" + getInfo().getMenuPath().getLeaf().getName() + "\", \"" + options + "\");";
    }

    /** The plugin's version, "development" where it does not run from its jar. */
    static String version() {
        final String version = DeqirCommand.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** The inputs that are keys of a macro, other than the image. */
    private List<ModuleItem<?>> keys() {
        return Keys.of(getInfo()).stream()
                .filter(item -> item.getType() != ImagePlus.class)
                .toList();
    }

    /** Takes keys that were not given from what Degrade stored in the image. */
    void takeStoredValues() {
        final Map<String, String> stored = StoredDegradation.read(image);
        for (final ModuleItem<?> item : keys()) {
            final String value = stored.get(item.getName());
            if (value != null && !isInputResolved(item.getName()))
                setInput(item.getName(), converters.convert(value, item.getType()));
        }
    }

    @Override
    public final void run() {
        String problem;
        try (CommandProgress progress =
                new CommandProgress(label(), status, tasks, this::isCanceled)) {
            Keys.check(commands.getCommand(getClass()), this);
            execute(progress);
            return;
        } catch (CancellationException e) {
            problem = null;
        } catch (IllegalArgumentException e) {
            log.debug(e);
            problem = e.getMessage();
        } catch (OutOfMemoryError e) {
            log.error(e);
            problem =
                    "There is not enough memory (Edit > Options > Memory & Threads); process fewer"
                            + " slices, a selection, or fewer samples at once.";
        } catch (RuntimeException e) {
            log.error(e);
            problem = label() + " failed: " + e.getMessage();
        }
        clearOutputs();
        stop(problem);
    }

    private String label() {
        return getInfo().getMenuPath().getLeaf().getName().replace("...", "");
    }

    /** Ends a run that has no result; {@code null} if the user does not want it. */
    private void stop(String problem) {
        if (IJ.isMacro()) {
            cancel(null);
            if (problem == null) Macro.abort();
            else IJ.error(TITLE, problem);
        } else if (problem != null && GraphicsEnvironment.isHeadless())
            throw new IllegalArgumentException(problem);
        else cancel(problem);
    }
}
