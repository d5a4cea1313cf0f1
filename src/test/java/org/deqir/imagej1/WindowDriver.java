/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.imagej1;

import ij.IJ;
import ij.ImageJ;
import ij.ImagePlus;
import ij.Menus;
import ij.WindowManager;
import ij.gui.ScrollbarWithLabel;
import ij.plugin.frame.Recorder;
import java.awt.Component;
import java.awt.EventQueue;
import java.awt.Menu;
import java.awt.MenuItem;
import java.awt.Window;
import java.awt.event.ActionEvent;
import java.util.function.Supplier;
import javax.swing.JButton;
import javax.swing.JDialog;

/**
 * Does in an ImageJ with windows what a user does: chooses a command from the menu while the
 * recorder is open, and presses OK. Prints what is seen, one fact a line. {@link ImageJWindowIT}
 * runs it in a Java of its own, which ends after two minutes whatever happens.
 */
final class WindowDriver {

    private static final long LIMIT = 120_000;
    private static final long PAUSE = 50;
    private static final int TOO_LATE = 3;

    private WindowDriver() {}

    /**
     * @param arguments the label of the command, with its dots
     */
    public static void main(String[] arguments) throws Exception {
        endInTime();
        final String label = arguments[0];
        ImageJ.main(new String[0]);
        final MenuItem item = waitFor(() -> menuItem("Plugins", "DeqIR", label));
        IJ.createImage("cell", "8-bit ramp", 32, 32, 1).show();
        final Recorder recorder = new Recorder();
        EventQueue.invokeAndWait(
                () ->
                        IJ.getInstance()
                                .actionPerformed(
                                        new ActionEvent(
                                                item, ActionEvent.ACTION_PERFORMED, label)));
        final JDialog dialog = waitFor(WindowDriver::dialog);
        System.out.println("dialog: " + dialog.getTitle());
        final JButton ok = waitFor(() -> enabled(dialog.getRootPane().getDefaultButton()));
        EventQueue.invokeLater(ok::doClick);
        final ImagePlus result = waitFor(() -> WindowManager.getImage("cell-denoised"));
        System.out.println("result: " + result.getTitle());
        final String recorded =
                waitFor(
                        () ->
                                recorder.getText()
                                        .lines()
                                        .filter(line -> line.contains("DeqIR"))
                                        .findFirst()
                                        .orElse(null));
        System.out.println("recorded: " + recorded);
        IJ.run("DeqIR Make PSF...", "na=0.5 wavelength=520 pixel=0.1 step=0.5 slices=5 size=9");
        final ImagePlus psf = waitFor(() -> WindowManager.getImage("PSF"));
        System.out.println("slider: " + waitFor(() -> slider(psf)) + " slice: " + psf.getSlice());
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    /** The place of a stack's slider once it has left the first slice; null before. */
    private static Integer slider(ImagePlus stack) {
        if (stack.getWindow() == null) return null;
        for (final Component component : stack.getWindow().getComponents())
            if (component instanceof ScrollbarWithLabel bar && bar.getValue() > 1)
                return bar.getValue();
        return null;
    }

    private static void endInTime() {
        final Thread watch =
                new Thread(
                        () -> {
                            sleep(LIMIT);
                            Runtime.getRuntime().halt(TOO_LATE);
                        });
        watch.setDaemon(true);
        watch.start();
    }

    private static MenuItem menuItem(String... path) {
        if (Menus.getMenuBar() == null) return null;
        for (int i = 0; i < Menus.getMenuBar().getMenuCount(); i++)
            if (Menus.getMenuBar().getMenu(i).getLabel().equals(path[0]))
                return menuItem(Menus.getMenuBar().getMenu(i), path, 1);
        return null;
    }

    private static MenuItem menuItem(Menu menu, String[] path, int depth) {
        for (int i = 0; i < menu.getItemCount(); i++) {
            final MenuItem item = menu.getItem(i);
            if (!item.getLabel().equals(path[depth])) continue;
            return item instanceof Menu submenu ? menuItem(submenu, path, depth + 1) : item;
        }
        return null;
    }

    private static JDialog dialog() {
        for (final Window window : Window.getWindows())
            if (window instanceof JDialog dialog && dialog.isShowing()) return dialog;
        return null;
    }

    /** The button, once it can be pressed. */
    private static JButton enabled(JButton button) {
        return button != null && button.isEnabled() ? button : null;
    }

    private static <T> T waitFor(Supplier<T> wanted) {
        T found = wanted.get();
        while (found == null) {
            sleep(PAUSE);
            found = wanted.get();
        }
        return found;
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
