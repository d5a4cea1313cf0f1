/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import ij.ImagePlus;
import java.awt.GraphicsEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.deqir.command.group.KeyGroups;
import org.deqir.command.image.Caller;
import org.deqir.command.image.StoredDegradation;
import org.deqir.command.image.Titles;
import org.deqir.command.key.InputState;
import org.deqir.command.key.Keys;
import org.deqir.command.key.MacroOptions;
import org.deqir.command.ui.CommandProgress;
import org.deqir.command.ui.DialogModule;
import org.deqir.command.ui.ResultDisplay;
import org.deqir.progress.Progress;
import org.scijava.ItemVisibility;
import org.scijava.app.StatusService;
import org.scijava.command.CommandService;
import org.scijava.command.ContextCommand;
import org.scijava.convert.ConvertService;
import org.scijava.log.LogService;
import org.scijava.module.Module;
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
public abstract class DeqirCommand extends ContextCommand {

    /** Attribute of each command that names the page with its documentation. */
    public static final String HELP = "help";

    /** The page with the documentation of all commands; each command has a heading on it. */
    public static final String HELP_PAGE =
            "https://github.com/deqir/deqir-fiji/blob/main/src/site/markdown/macro-reference.md";

    /** The commands' icon on the class path. */
    public static final String ICON = "/org/deqir/icons/deqir.png";

    /** Not required, so that a missing image is told by us and stops a macro. */
    @Parameter(label = "Image", required = false)
    protected ImagePlus image;

    @Parameter private CommandService commands;
    @Parameter private KeyGroups groups;
    @Parameter private ConvertService converters;
    @Parameter protected StatusService status;
    @Parameter private TaskService tasks;
    @Parameter private ThreadService threads;
    @Parameter protected LogService log;

    /** Read where this command is made; it runs on another thread. */
    private final Caller caller = new Caller();

    /** What the caller gave; null where SciJava did not prepare the run. */
    private InputState given;

    /** Asks for other keys; null where no dialog was shown. */
    private Predicate<String> askAgain;

    /** What was wrong with the keys when they were checked last; null if nothing was. */
    private String objection;

    /** Whether somebody else shows what comes out. */
    private boolean quiet;

    /** This command as SciJava sees it; null until somebody asks. */
    private Module inputs;

    /**
     * Does the work and sets the outputs.
     *
     * @throws IllegalArgumentException if an input is not acceptable, with a sentence for the user
     * @throws CancellationException if the user cancelled
     */
    protected abstract void execute(Progress progress);

    /**
     * Removes whatever {@link #execute} has set: a failed run has no outputs. Models, files and
     * tables, which are there as a whole or not at all, are none.
     */
    protected void clearOutputs() {}

    /** Whether the command is about the open image, and so about what Degrade stored in it. */
    protected boolean needsImage() {
        return true;
    }

    /** Keys that the dialog lists last, in this order. */
    protected List<String> lastKeys() {
        return List.of();
    }

    /** {@return keys that the dialog shows only on demand} */
    public Set<String> expertKeys() {
        return Set.of();
    }

    /** {@return keys that do not count with the present choices; the dialog shows them grey} */
    public Set<String> idleKeys() {
        return Set.of();
    }

    /**
     * {@return the message that says what the run will cost or is about to do; empty if there is
     * none}
     */
    public String statusKey() {
        return "";
    }

    /** {@return what is wrong with the keys as they are, as far as is known; null if nothing is} */
    public String problem() {
        return objection;
    }

    /**
     * Looks at the keys as they are; {@link #problem()} then says what is wrong with them.
     *
     * @return that, or what is wrong
     */
    protected final String checked(Supplier<String> status) {
        try {
            final String said = status.get();
            objection = null;
            return said;
        } catch (IllegalArgumentException e) {
            objection = e.getMessage();
            return objection;
        }
    }

    /** Brings {@link #problem()} and the message {@link #statusKey()} up to date. */
    public void updateStatus() {}

    /** Replaces defaults that do not suit the task; called after stored values were taken. */
    protected void adaptDefaults() {}

    /** Prepares messages of the dialog; called only if there will be one. */
    protected void prepareDialog() {
        updateStatus();
    }

    /** Choices of the dialog that are known only when it opens, by key. */
    protected Map<String, List<String>> dialogChoices() {
        return Map.of();
    }

    /**
     * Sets and resolves the image, and the inputs that the options of {@code run} give.
     *
     * @return whether they are acceptable; if not, the run is cancelled and the macro stopped
     */
    protected final boolean takeFromCaller(Module module, ConvertService converters) {
        inputs = module;
        try {
            final MacroOptions options = new MacroOptions(caller.options());
            options.fill(module, converters);
            if (!isGiven("image")) {
                final String title = options.get("image");
                image = caller.image();
                if (title != null && (image == null || !title.equals(image.getTitle())))
                    image = Titles.open("image", title, null);
                module.resolveInput("image");
            }
        } catch (IllegalArgumentException e) {
            log.debug(e);
            stop(e.getMessage());
            return false;
        }
        given = new InputState(module);
        return true;
    }

    /** Puts back what {@link #takeFromCaller} set, whatever others have made of it. */
    protected final void takeFromCallerAgain() {
        if (given != null) given.restore();
    }

    /**
     * Prepares the inputs, once the given ones are set and resolved.
     *
     * @param module the command with the inputs that its caller gave
     * @return what a dialog should show: nothing, if any key was given or nobody can see it
     */
    public final Module prepare(Module module) {
        inputs = module;
        final boolean anyGiven = keys().stream().anyMatch(item -> isGiven(item.getName()));
        if (!anyGiven && (image != null || !needsImage()) && !GraphicsEnvironment.isHeadless())
            return dialog(module);
        takeDefaults();
        if (anyGiven)
            module.getInfo().inputs().forEach(item -> module.resolveInput(item.getName()));
        return new DialogModule(module, List.of(), Map.of());
    }

    /** Prepares the inputs for a run within something else, which shows nothing. */
    protected final void prepareWithin(Module module) {
        quiet = true;
        inputs = module;
        takeDefaults();
    }

    /** {@return what a dialog shows while no key is given} */
    public final Module dialog(Module module) {
        inputs = module;
        takeDefaults();
        prepareDialog();
        final List<String> shown = inOrder().stream().map(ModuleItem::getName).toList();
        return new DialogModule(module, shown, dialogChoices());
    }

    private void takeDefaults() {
        if (image != null && needsImage()) takeStoredValues();
        adaptDefaults();
    }

    /** The inputs with their values; made here where SciJava did not prepare the run. */
    private Module inputs() {
        if (inputs == null) inputs = commands.getCommand(getClass()).createModule(this);
        return inputs;
    }

    /** Whether a macro, a script or the dialog gave a key. */
    protected final boolean isGiven(String key) {
        return inputs().isInputResolved(key);
    }

    /** Keys and messages in the order of the dialog. */
    private List<ModuleItem<?>> inOrder() {
        final List<String> last = lastKeys();
        final List<ModuleItem<?>> items = new ArrayList<>();
        for (final ModuleItem<?> item : Keys.andMessages(inputs().getInfo()))
            if (!last.contains(item.getName()) && item.getType() != ImagePlus.class)
                items.add(item);
        for (final String key : last) items.add(inputs().getInfo().getInput(key));
        return items;
    }

    /** The inputs that are keys of a macro, other than the image. */
    private List<ModuleItem<?>> keys() {
        return Keys.of(inputs().getInfo()).stream()
                .filter(item -> item.getType() != ImagePlus.class)
                .toList();
    }

    /** Titles of open images and none, for the choices of a dialog. */
    protected static List<String> openImages() {
        final List<String> titles = new ArrayList<>();
        titles.add("");
        titles.addAll(Titles.ofOpenImages());
        return titles;
    }

    /** The line that repeats this run in a macro. */
    protected final String macroLine() {
        final StringBuilder options = new StringBuilder();
        for (final ModuleItem<?> item : inOrder()) {
            if (item.getVisibility() == ItemVisibility.MESSAGE || item.getName().equals("preview"))
                continue;
            final String value = String.valueOf(inputs().getInput(item.getName()));
            options.append(options.isEmpty() ? "" : " ").append(item.getName()).append('=');
            options.append(value.isEmpty() || value.contains(" ") ? "[" + value + "]" : value);
        }
        return "run(\"" + menuLabel() + "\", \"" + options + "\");";
    }

    /** The plugin's version, "development" where it does not run from its jar. */
    public static String version() {
        final String version = DeqirCommand.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Takes keys that were not given from what Degrade stored in the image. */
    protected void takeStoredValues() {
        final Map<String, String> stored = StoredDegradation.read(image);
        for (final ModuleItem<?> item : keys()) {
            final String value = stored.get(item.getName());
            if (value != null && !isGiven(item.getName()))
                inputs().setInput(item.getName(), converters.convert(value, item.getType()));
        }
    }

    /**
     * Says how a user who was asked for the keys can be asked again.
     *
     * @param dialog shows what is wrong and the keys; false if the user gives up
     */
    public final void askAgainBy(Predicate<String> dialog) {
        this.askAgain = dialog;
    }

    @Override
    public final void run() {
        boolean again = true;
        while (again) again = runOnce();
    }

    /** Whether the run failed and the user has mended the keys. */
    private boolean runOnce() {
        String problem;
        boolean canMend = false;
        final boolean wasOpen = image != null && image.isProcessor();
        try (CommandProgress progress =
                new CommandProgress(label(), status, tasks, this::isCanceled)) {
            Keys.check(inputs());
            execute(progress);
            return false;
        } catch (CancellationException e) {
            problem = null;
        } catch (IllegalArgumentException e) {
            log.debug(e);
            problem = e.getMessage();
            canMend = askAgain != null;
        } catch (OutOfMemoryError e) {
            log.error(e);
            problem =
                    "There is not enough memory (Edit > Options > Memory & Threads); process fewer"
                            + " slices, a selection, or fewer samples at once.";
        } catch (RuntimeException e) {
            log.error(e);
            problem = label() + " failed: " + e.getMessage();
        }
        if (problem != null && wasOpen && !image.isProcessor()) {
            problem = "'" + image.getTitle() + "' was closed before its run was done.";
            canMend = false;
        }
        clearOutputs();
        if (canMend && askAgain.test(problem)) return true;
        stop(canMend ? null : problem);
        return false;
    }

    /**
     * Makes outputs reachable for the calling macro, the last one on top; absent ones are left out.
     */
    protected final void show(String... outputs) {
        if (quiet) return;
        for (final String output : outputs) {
            final ImagePlus result = (ImagePlus) inputs().getOutput(output);
            if (result != null && ResultDisplay.show(threads, result))
                inputs().resolveOutput(output); // SciJava would open it once more
        }
    }

    private String menuLabel() {
        return commands.getCommand(getClass()).getMenuPath().getLeaf().getName();
    }

    private String label() {
        return menuLabel().replace("...", "");
    }

    /** Stops the calling macro, if there is one: the user does not go on. */
    public final void stopCaller() {
        caller.stop(null);
    }

    /** Ends a run that has no result; {@code null} if the user does not want it. */
    private void stop(String problem) {
        if (problem != null && !caller.isRun() && GraphicsEnvironment.isHeadless())
            throw new IllegalArgumentException(problem);
        if (problem != null && caller.isElsewhere() && GraphicsEnvironment.isHeadless())
            log.error(problem); // SciJava shows the reason of a cancelled run in windows only
        cancel(problem);
        caller.stop(problem);
    }
}
