/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import ij.ImagePlus;
import ij.Macro;
import ij.WindowManager;
import ij.macro.Interpreter;
import ij.measure.ResultsTable;
import ij.plugin.frame.Recorder;
import java.awt.GraphicsEnvironment;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.deqir.command.dialog.CommandDialog;
import org.deqir.command.dialog.DialogPreprocessor;
import org.deqir.command.key.MacroOptions;
import org.scijava.Cancelable;
import org.scijava.Context;
import org.scijava.app.StatusService;
import org.scijava.command.CommandInfo;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.ModuleService;
import org.scijava.module.process.DefaultValuePreprocessor;
import org.scijava.module.process.InitPreprocessor;
import org.scijava.module.process.LoggerPreprocessor;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.module.process.ServicePreprocessor;
import org.scijava.module.process.ValidityPreprocessor;

/**
 * One run of a command: inputs, dialog, the command itself, outputs.
 *
 * <p>Inputs come from the macro, then from the active image, then from their defaults. The dialog
 * opens only when the command was chosen from the menu: a macro never stops to ask. Values of
 * earlier runs are not used.
 *
 * <p>Whatever goes wrong is told once, by {@link IJ#error}, and ends the calling macro.
 */
final class CommandRun {

    private static final String TITLE = "DeqIR";

    private final Context context;
    private final CommandInfo command;
    private final String label;
    private final Set<String> notRecorded = new HashSet<>();

    CommandRun(Context context, CommandInfo command) {
        this.context = context;
        this.command = command;
        this.label = command.getMenuPath().getLeaf().getName();
    }

    void run() {
        IJ.getErrorMessage(); // forget what an earlier command said
        try {
            final Module module = context.service(ModuleService.class).createModule(command);
            if (prepare(module)) execute(module);
            else stop(null);
        } catch (CancellationException e) {
            stop(canceled());
        } catch (IllegalArgumentException e) {
            stop(e.getMessage());
        } catch (RuntimeException e) {
            if (isMacroAbort(e)) {
                endMacro();
                throw e;
            }
            IJ.handleException(e);
            stop(null);
        } finally {
            context.service(StatusService.class).showStatus(1, 1, "");
        }
    }

    /** Fills the inputs, in Fiji's order; false if the user gave up. */
    boolean prepare(Module module) {
        process(module, new ValidityPreprocessor());
        process(module, new ServicePreprocessor());
        process(module, new LoggerPreprocessor());
        for (ModuleItem<?> input : module.getInfo().inputs())
            if (module.isInputResolved(input.getName())) notRecorded.add(input.getName());
        final MacroOptions options = MacroCall.options();
        options.fill(module, context.service(ConvertService.class));
        final ImageInputs images = new ImageInputs(module);
        images.fill(options);
        images.active().ifPresent(input -> notRecorded.add(input.getName()));
        process(module, new DefaultValuePreprocessor());
        process(module, new InitPreprocessor());
        final boolean asks = !MacroCall.calledByMacro() && !GraphicsEnvironment.isHeadless();
        if (!asks) DialogPreprocessor.prepare(module);
        else if (!ask(module)) return false;
        for (ModuleItem<?> input : module.getInfo().inputs())
            if (input.isRequired() && input.getValue(module) == null)
                throw new IllegalArgumentException(
                        "The input '" + input.getName() + "' is missing.");
        return true;
    }

    private boolean ask(Module module) {
        return DialogPreprocessor.isOurs(module)
                ? DialogPreprocessor.ask(context, module)
                : new CommandDialog(context, command, module).show();
    }

    private void process(Module module, PreprocessorPlugin step) {
        context.inject(step);
        step.process(module);
        if (step.isCanceled()) throw new IllegalArgumentException(step.getCancelReason());
    }

    private void execute(Module module) {
        module.run();
        if (module instanceof Cancelable cancelable && cancelable.isCanceled()) {
            final String reason = cancelable.getCancelReason();
            stop(reason == null || reason.isEmpty() ? canceled() : reason);
            return;
        }
        for (ModuleItem<?> output : module.getInfo().outputs()) show(output, module);
        record(module);
    }

    /** The user who cancelled needs no message; a macro that nobody watches does. */
    private String canceled() {
        return IJ.getInstance() == null ? label + " was canceled." : null;
    }

    private static void show(ModuleItem<?> output, Module module) {
        final Object value = output.getValue(module);
        if (value instanceof ImagePlus image) {
            show(image);
        } else if (value instanceof ResultsTable table) {
            table.show(title(output));
        } else if (value != null) {
            IJ.log(title(output) + ": " + value);
        }
    }

    private static String title(ModuleItem<?> output) {
        final String name = output.getLabel();
        return name == null || name.isEmpty() ? output.getName() : name;
    }

    /** Opens an image, if the command did not, and makes it the active one. */
    private static void show(ImagePlus image) {
        if (WindowManager.getImage(image.getID()) != image) image.show();
        if (Interpreter.isBatchMode()) {
            Interpreter.activateImage(image);
            WindowManager.setTempCurrentImage(image);
        }
    }

    private void record(Module module) {
        if (!IJ.recording() || MacroCall.calledByMacro()) return;
        Recorder.setCommand(label);
        recordOptions(module);
    }

    void recordOptions(Module module) {
        for (List<String> option : MacroCall.of(module, notRecorded))
            Recorder.recordOption(option.get(0), option.get(1));
    }

    /**
     * Ends the calling macro, if there is one.
     *
     * @param reason what to tell the user; nothing is told if it is empty or if the command has
     *     told something already
     */
    private void stop(String reason) {
        Recorder.disableCommandRecording();
        final boolean told = IJ.getErrorMessage() != null;
        if (!told && reason != null && !reason.isEmpty()) IJ.error(TITLE, reason);
        else if (MacroCall.calledByMacro()) endMacro();
    }

    private static void endMacro() {
        final Interpreter macro = Interpreter.getInstance();
        if (macro == null) Macro.abort();
        else macro.abort((String) null);
    }

    private static boolean isMacroAbort(RuntimeException e) {
        return Macro.MACRO_CANCELED.equals(e.getMessage());
    }
}
