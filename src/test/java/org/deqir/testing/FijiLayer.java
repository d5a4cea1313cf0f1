/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ij.ImagePlus;
import ij.Macro;
import ij.Menus;
import ij.WindowManager;
import ij.plugin.PlugIn;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.deqir.imagej1.CommandMenu;
import org.deqir.imagej1.HeadlessMacro;
import org.scijava.Context;
import org.scijava.ItemVisibility;
import org.scijava.Priority;
import org.scijava.command.CommandService;
import org.scijava.convert.ConvertService;
import org.scijava.log.LogLevel;
import org.scijava.log.LogService;
import org.scijava.log.StderrLogService;
import org.scijava.module.Module;
import org.scijava.module.ModuleItem;
import org.scijava.module.ModuleService;
import org.scijava.module.process.AbstractPreprocessorPlugin;
import org.scijava.module.process.PreprocessorPlugin;
import org.scijava.plugin.PluginInfo;
import org.scijava.plugin.PluginService;
import org.scijava.thread.ThreadService;

/**
 * Runs commands as Fiji does: ImageJ's {@code run} hands them to SciJava, which prepares and runs
 * them on another thread, together with steps that do what those of Fiji do: take the options by
 * ImageJ's {@code Macro.getValue}, and the image that is current in the wrong thread.
 */
public class FijiLayer implements PlugIn {

    private static final String PREFIX = "In Fiji ";

    private static final List<String> told = new ArrayList<>();
    private static Context context;

    /** The name of a command that is run as in Fiji. */
    public static synchronized String label(String command) {
        context();
        HeadlessMacro.initialize();
        for (final CommandMenu.Entry entry : CommandMenu.entries())
            Menus.getCommands()
                    .put(
                            PREFIX + entry.label(),
                            FijiLayer.class.getName() + "(\"" + entry.className() + "\")");
        told.clear();
        return PREFIX + command;
    }

    /** Errors that were told since {@link #label}, stack traces and exceptions included. */
    public static List<String> told() {
        return List.copyOf(told);
    }

    /** The context in which they run. */
    public static synchronized Context context() {
        if (context != null) return context;
        context = new Context();
        final LogService log = context.service(LogService.class);
        if (log instanceof StderrLogService stderr)
            stderr.setPrintStreams(level -> new PrintStream(OutputStream.nullOutputStream()));
        log.addLogListener(
                message -> {
                    if (message.level() == LogLevel.ERROR) told.add(message.text());
                    if (message.level() == LogLevel.ERROR && message.throwable() != null)
                        told.add("exception " + message.throwable());
                });
        return context;
    }

    /** Leaves an image as the current one of the thread that runs the next command. */
    public static void leaveBehind(ImagePlus image) throws Exception {
        context()
                .service(ThreadService.class)
                .run(() -> WindowManager.setTempCurrentImage(image))
                .get();
    }

    @Override
    public void run(String className) {
        final String options = Macro.getOptions();
        final TreeMap<Double, PreprocessorPlugin> steps = new TreeMap<>(Comparator.reverseOrder());
        final PluginService plugins = context().service(PluginService.class);
        for (final PluginInfo<PreprocessorPlugin> step :
                plugins.getPluginsOfType(PreprocessorPlugin.class)) {
            double priority = step.getPriority();
            while (steps.containsKey(priority)) priority = Math.nextDown(priority);
            steps.put(priority, plugins.createInstance(step));
        }
        steps.put(2 * Priority.VERY_HIGH + 0.5, new Options(options));
        steps.put(Priority.VERY_HIGH + 1, new CurrentImage());
        try {
            context.service(ModuleService.class)
                    .run(
                            context.service(CommandService.class).getCommand(className),
                            List.copyOf(steps.values()),
                            List.of(),
                            Map.of())
                    .get();
        } catch (ExecutionException e) {
            told.add(e.toString());
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static final class Options extends AbstractPreprocessorPlugin {

        private final String options;

        Options(String options) {
            this.options = options;
        }

        @Override
        public void process(Module module) {
            for (final ModuleItem<?> input : module.getInfo().inputs()) {
                final String name = input.getName();
                if (input.getVisibility() == ItemVisibility.MESSAGE) module.resolveInput(name);
                if (options == null) continue;
                final String value = Macro.getValue(options, name, null);
                if (value == null) continue;
                module.setInput(
                        name,
                        context.service(ConvertService.class).convert(value, input.getType()));
                module.resolveInput(name);
            }
        }
    }

    private static final class CurrentImage extends AbstractPreprocessorPlugin {

        @Override
        public void process(Module module) {
            final ImagePlus image = WindowManager.getCurrentImage();
            for (final ModuleItem<?> input : module.getInfo().inputs())
                if (input.getType() == ImagePlus.class
                        && image != null
                        && !module.isInputResolved(input.getName())) {
                    module.setInput(input.getName(), image);
                    module.resolveInput(input.getName());
                }
        }
    }
}
