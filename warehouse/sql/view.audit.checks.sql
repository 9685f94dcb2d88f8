CREATE OR REPLACE VIEW audit.checks AS
{every_check}
