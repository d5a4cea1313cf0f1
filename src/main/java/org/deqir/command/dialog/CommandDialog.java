/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.dialog;

import ij.IJ;
import ij.gui.GUI;
import ij.plugin.BrowserLauncher;
import java.awt.BorderLayout;
import java.awt.Dimension;
import java.awt.EventQueue;
import java.awt.FlowLayout;
import java.awt.Rectangle;
import java.awt.event.KeyEvent;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import javax.swing.BorderFactory;
import javax.swing.Box;
import javax.swing.JButton;
import javax.swing.JComponent;
import javax.swing.JDialog;
import javax.swing.JPanel;
import javax.swing.JScrollPane;
import javax.swing.KeyStroke;
import org.deqir.command.base.DeqirCommand;
import org.scijava.Context;
import org.scijava.convert.ConvertService;
import org.scijava.module.Module;
import org.scijava.module.ModuleInfo;

/**
 * The window with the form of a command, the same in Fiji and in an ImageJ without SciJava.
 *
 * <p>While it is open, callbacks of the inputs run as in any SciJava dialog. OK closes it only if
 * the command can run with what was entered.
 */
public final class CommandDialog {

    /** Room that the window's frame and the desktop's bars take. */
    private static final int AROUND = 100;

    private final Context context;
    private final ModuleInfo command;
    private final Module module;
    private JDialog window;
    private DialogPanel panel;
    private boolean accepted;

    /**
     * @param context the running application, for the choices and the preview
     * @param command the command, whose menu entry is the title
     * @param module the inputs to show; those that are resolved are left out
     */
    public CommandDialog(Context context, ModuleInfo command, Module module) {
        this.context = context;
        this.command = command;
        this.module = module;
    }

    /**
     * Lets the user choose the inputs.
     *
     * @return false if the dialog was cancelled
     */
    public boolean show() {
        return show(null);
    }

    /**
     * @param problem what was wrong with the values that the form shows, null if nothing was
     */
    boolean show(String problem) {
        try (PreviewThread preview = new PreviewThread(module)) {
            final Runnable open = () -> open(problem, preview);
            if (EventQueue.isDispatchThread()) open.run();
            else EventQueue.invokeAndWait(open);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            EventQueue.invokeLater(this::close);
            accepted = false;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new IllegalStateException(e.getCause());
        }
        if (!accepted) module.cancel();
        return accepted;
    }

    private void open(String problem, PreviewThread preview) {
        panel =
                new DialogPanel(
                        context.service(ConvertService.class), module, preview::update, this::fit);
        if (panel.isEmpty()) {
            accepted = true;
            return;
        }
        if (problem != null) panel.complain(problem);
        window = new JDialog(IJ.getInstance(), title(), true);
        final JPanel all = new JPanel(new BorderLayout(0, 8));
        all.setBorder(BorderFactory.createEmptyBorder(10, 12, 10, 12));
        all.add(panel.status(), BorderLayout.NORTH);
        final JScrollPane scroll = new JScrollPane(panel);
        scroll.setBorder(BorderFactory.createEmptyBorder());
        scroll.getVerticalScrollBar().setUnitIncrement(16);
        all.add(scroll, BorderLayout.CENTER);
        all.add(buttons(), BorderLayout.SOUTH);
        window.setContentPane(all);
        window.setDefaultCloseOperation(JDialog.DISPOSE_ON_CLOSE);
        all.registerKeyboardAction(
                event -> close(),
                KeyStroke.getKeyStroke(KeyEvent.VK_ESCAPE, 0),
                JComponent.WHEN_IN_FOCUSED_WINDOW);
        GUI.scale(window);
        fit();
        GUI.centerOnImageJScreen(window);
        window.setVisible(true);
    }

    private void close() {
        if (window != null) window.dispose();
    }

    /** As large as its fields, at most as high as the screen. */
    private void fit() {
        if (window == null) return;
        window.pack();
        final Rectangle screen = GUI.getMaxWindowBounds(window);
        final int most = screen.height - AROUND;
        if (window.getHeight() > most) window.setSize(new Dimension(window.getWidth() + 24, most));
        final int below = window.getY() + window.getHeight() - screen.y - screen.height;
        if (window.isVisible() && below > 0)
            window.setLocation(window.getX(), Math.max(screen.y, window.getY() - below));
    }

    private JComponent buttons() {
        final JButton help = new JButton("Help");
        help.setToolTipText(helpPage(command));
        help.addActionListener(event -> browse(helpPage(command)));
        final JButton cancel = new JButton("Cancel");
        cancel.addActionListener(event -> close());
        final JButton ok = new JButton("OK");
        ok.addActionListener(
                event -> {
                    accepted = panel.accept();
                    if (accepted) close();
                });
        window.getRootPane().setDefaultButton(ok);
        final JPanel row = new JPanel(new FlowLayout(FlowLayout.RIGHT, 6, 0));
        row.add(help);
        row.add(Box.createHorizontalStrut(20));
        row.add(cancel);
        row.add(ok);
        return row;
    }

    private static void browse(String page) {
        try {
            BrowserLauncher.openURL(page);
        } catch (IOException e) {
            IJ.log(page);
        }
    }

    private String title() {
        return label(command).replace("...", "");
    }

    private static String label(ModuleInfo command) {
        return command.getMenuPath().getLeaf().getName();
    }

    /** Address of the section on a command in the macro reference. */
    static String helpPage(ModuleInfo command) {
        final String page = command.get(DeqirCommand.HELP);
        final String section =
                label(command).toLowerCase().replaceAll("[^a-z0-9 -]", "").replace(' ', '-');
        return (page == null ? DeqirCommand.HELP_PAGE : page) + "#" + section;
    }
}
