{{ edfacts_performance('FS179', 'STUDPERFS', 'Science') }}
